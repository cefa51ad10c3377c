(** * "Not closed" for any number of factors

    A certificate as in [Limit.v], for a chain: a curve of factors, of which the
    first one is divided by a power of [t] and a number, and a proof that the
    limit is no product. For this neighbours may be merged, which makes the set
    larger; what is left is refuted by equations, or, if two factors are left,
    by linear algebra as in [Refuted.v]. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Polynomials Refutation Limit Dichotomy Classification Sections Witnesses Refuted.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

(** The factors after the first one: their numbers of rows, and their supports. *)
Definition links := seq (nat * seq (seq bool)).

Fixpoint build m (I : seq (seq bool)) (l : links) n : chain m n :=
  match l with
  | [::] => One (table I)
  | (r, J) :: l' => Times (table I : support m r) (build r J l' n)
  end.

Definition next (l : links) n : nat := if l is (r, _) :: _ then r else n.

Inductive no_chain :=
| NMerge of nat & no_chain (* this factor and the one after it become one *)
| NEquations of refutation
| NPair of refuted.

Record chain_certificate := ChainCertificate {
  chain_denominator : Z;
  chain_numerators : ztable;
  chain_pole : nat;
  chain_scale : Z;
  chain_curve : seq (seq (seq tpoly));
  chain_proof : no_chain }.

Fixpoint curve_within m (I : seq (seq bool)) (l : links) n (c : seq (seq (seq tpoly))) : bool :=
  let first := head [::] c in
  within (@nilp Z) [::] I first m (next l n) && (if l is (r, J) :: l' then curve_within r J l' n (behead c) else true).

Fixpoint curve_product m (l : links) n (c : seq (seq (seq tpoly))) : seq (seq tpoly) :=
  let first := head [::] c in
  match l with
  | [::] => first
  | (r, _) :: l' => let later := curve_product r l' n (behead c) in
      tabulate m n (fun i j => foldr (fun k acc => tadd (tmul (get [::] first i k) (get [::] later k j)) acc) [::] (iota 0 r))
  end.

Fixpoint merge_at p m (I : seq (seq bool)) (l : links) n : seq (seq bool) * links :=
  match l with
  | [::] => (I, l)
  | (r, J) :: l' =>
    if p is p'.+1 then let: (J', l'') := merge_at p' r J l' n in (I, (r, J') :: l'')
    else (tabulate m (next l' n) (fun i j => has (fun k => get false I i k && get false J k j) (iota 0 r)), l')
  end.

(** Entries of the product as polynomials in the entries of the factors: those of the first one come
    first, row by row. *)
Definition later_variables d (p : zpoly) : zpoly := [seq (a.1, [seq (d + v)%N | v <- a.2]) | a <- p].

Fixpoint product_entries m (I : seq (seq bool)) (l : links) n : seq (seq zpoly) :=
  match l with
  | [::] => tabulate m n (fun i j => if get false I i j then [:: (Zpos xH, [:: i * n + j])] else [::])
  | (r, J) :: l' => let later := product_entries r J l' n in
      tabulate m n (fun i j => flatten [seq if get false I i k
        then zmul [:: (Zpos xH, [:: i * r + k])] (later_variables (m * r) (get [::] later k j)) else [::] | k <- iota 0 r])
  end.

Definition product_equations m I l n d (num : ztable) : seq zpoly :=
  let entries := product_entries m I l n in
  [seq (Z.opp (get Z0 num i j), [::]) :: zscale d (get [::] entries i j) | i <- iota 0 m, j <- iota 0 n].

Fixpoint no_chain_ok (real : bool) m (I : seq (seq bool)) (l : links) n d (num : ztable) (t : no_chain) : bool :=
  match t with
  | NMerge p t1 => let: (I', l') := merge_at p m I l n in no_chain_ok real m I' l' n d num t1
  | NEquations t1 => refutes real (product_equations m I l n d num) [::] t1
  | NPair t1 => if l is [:: (r, J)] then refuted_ok m r n I J num t1 else false
  end.

Definition check_chain (real : bool) m I (l : links) n (c : chain_certificate) : bool :=
  let product := curve_product m l n (chain_curve c) in
  [&& ~~ Z.eqb (chain_denominator c) Z0, ~~ Z.eqb (chain_scale c) Z0, curve_within m I l n (chain_curve c),
      forall2 m n (fun i j => tends_to (chain_denominator c) (chain_pole c) (chain_scale c) (get [::] product i j)
        (get Z0 (chain_numerators c) i j)) &
      no_chain_ok real m I l n (chain_denominator c) (chain_numerators c) (chain_proof c)].

Local Open Scope ring_scope.

Section Soundness.
Variable F : numFieldType.
Local Notation from_Z := (from_Z F).

Lemma chain_scaled m n (C : chain m n) a (A : 'M[F]_(m, n)) : chain_products C A -> chain_products C (a *: A).
Proof.
case: C A => [p q U A hA|p q s U C A [W [B [hW hB ->]]]] /=.
  by move=> i j ns; rewrite mxE hA ?mulr0.
by exists (a *: W), B; split=> // [i k ns|]; rewrite ?mxE ?hW ?mulr0 // scalemxAl.
Qed.

Lemma withinP' z (S : seq (seq bool)) (M : seq (seq tpoly)) a b : within z [::] S M a b ->
  forall (i : 'I_a) (j : 'I_b), ~~ get false S i j -> z (get [::] M i j).
Proof. by move=> h i j /negbTE ns; have := forall2P h i j; rewrite ns. Qed.

Lemma curve_productP m I l n c (t : F) : curve_within m I l n c ->
  chain_products (build m I l n) (\matrix_(i, j) teval t (get [::] (curve_product m l n c) i j)).
Proof.
elim: l m I c => [|[r J] l IH] m I c /=; case/andP=> hin.
  by move=> _ i j ns; rewrite mxE; have /nilP-> := withinP' hin ns.
move=> /IH{IH} hB; set later := curve_product r l n (behead c) in hB *.
exists (\matrix_(i, k) teval t (get [::] (head [::] c) i k)), (\matrix_(k, j) teval t (get [::] later k j)); split=> //.
  by move=> i k ns; rewrite mxE; have /nilP-> := withinP' hin ns.
apply/matrixP => i j; rewrite mxE [RHS]mxE tabulateE //.
transitivity (\sum_(k < r) teval t (get [::] (head [::] c) i k) * teval t (get [::] later k j)); last first.
  by apply: eq_bigr => k _; rewrite !mxE.
rewrite -(big_mkord xpredT (fun k => teval t (get [::] (head [::] c) i k) * teval t (get [::] later k j))).
rewrite /index_iota subn0; elim: (iota 0 r) => [|k s IH] /=; first by rewrite big_nil.
by rewrite big_cons tevalD tevalM IH.
Qed.

Lemma merge_sound p m I l n (A : 'M[F]_(m, n)) : chain_products (build m I l n) A ->
  chain_products (build m (merge_at p m I l n).1 (merge_at p m I l n).2 n) A.
Proof.
elim: p m I l A => [|p IH] m I [|[r J] l] A //=; last first.
  case=> W [B [hW /IH]]; case: (merge_at p r J l n) => J' l' /= hB eA.
  by exists W, B.
case=> W [B [hW hB ->]]; case: l hB => [|[q U] l] /=.
  move=> hB i j; rewrite /table tabulateE // => /hasPn no; rewrite mxE big1 // => k _.
  have := no (val k); rewrite mem_iota add0n ltn_ord => /(_ isT); rewrite negb_and.
  by case/orP=> ns; [rewrite (hW i k ns) mul0r | rewrite (hB k j ns) mulr0].
case=> W' [B' [hW' hB' ->]]; exists (W *m W'), B'; split=> //; last by rewrite mulmxA.
move=> i j; rewrite /table tabulateE // => /hasPn no; rewrite mxE big1 // => k _.
have := no (val k); rewrite mem_iota add0n ltn_ord => /(_ isT); rewrite negb_and.
by case/orP=> ns; [rewrite (hW i k ns) mul0r | rewrite (hW' k j ns) mulr0].
Qed.

Lemma eval_later (env env' : nat -> F) d p : (forall v, env' (d + v)%N = env v) -> eval env' (later_variables d p) = eval env p.
Proof.
move=> e; rewrite /eval /later_variables big_map; apply: eq_bigr => a _; congr (_ * _).
by rewrite /eval_monomial /= big_map; apply: eq_bigr => v _; rewrite e.
Qed.

Lemma eval_variable (env : nat -> F) v : eval env [:: (Zpos xH, [:: v])] = env v.
Proof. by rewrite /eval big_seq1 /eval_monomial big_seq1 from_Z1 mul1r. Qed.

Lemma product_entriesP m I l n (A : 'M[F]_(m, n)) : chain_products (build m I l n) A ->
  exists env, forall (i : 'I_m) (j : 'I_n), eval env (get [::] (product_entries m I l n) i j) = A i j.
Proof.
elim: l m I A => [|[r J] l IH] m I A /=.
  move=> hA; exists (entries_of A) => i j; rewrite tabulateE //.
  case: ifP => [_|/negbT ns]; last by rewrite /eval big_nil hA.
  by rewrite eval_variable entries_ofE.
case=> W [B [hW /IH[env hB] ->]].
pose env' v := if (v < m * r)%N then entries_of W v else env (v - m * r)%N.
have later v : env' (m * r + v)%N = env v by rewrite /env' ltnNge leq_addr addKn.
have first (i : 'I_m) (k : 'I_r) : env' (i * r + k)%N = W i k.
  rewrite /env'; have -> : (i * r + k < m * r)%N; last by rewrite entries_ofE.
  by apply: leq_trans (_ : i.+1 * r <= _)%N; rewrite ?leq_mul2r ?ltn_ord ?orbT // mulSn addnC ltn_add2r.
exists env' => i j; rewrite tabulateE // mxE.
pose g k : F := eval env' (if get false I i k then zmul [:: (Zpos xH, [:: (i * r + k)%N])]
  (later_variables (m * r) (get [::] (product_entries r J l n) k j)) else [::]).
transitivity (\sum_(k < r) g k); last first.
  apply: eq_bigr => k _; rewrite /g; case: ifP => [_|/negbT ns].
    by rewrite eval_mul eval_variable first (eval_later _ later) hB.
  by rewrite /eval big_nil (hW i k ns) mul0r.
rewrite -(big_mkord xpredT g) /index_iota subn0; elim: (iota 0 r) => [|k s IHs] /=; first by rewrite /eval !big_nil.
by rewrite big_cons -IHs eval_cat.
Qed.

Lemma no_chain_sound (real : bool) m I l n d num t : (real -> forall x : F, 0 <= x * x) -> from_Z d != 0 ->
  no_chain_ok real m I l n d num t -> ~ chain_products (build m I l n) (\matrix_(i, j) (from_Z (get Z0 num i j) / from_Z d)).
Proof.
move=> sq d0; elim: t I l => [p t IH|t|t] I l /=.
- move=> ok /(merge_sound p); move: ok; case: (merge_at p m I l n) => I' l' /=.
  exact: IH.
- move=> ref /product_entriesP[env h]; apply: (@refutes_sound F env real sq _ _ _ ref) => // f.
  case/allpairsP=> [[i j] /= [hi hj ->]]; move: hi hj; rewrite !mem_iota !add0n => /andP[_ li] /andP[_ lj].
  rewrite /eval big_cons /= -/(eval env _) from_ZN /eval_monomial big_nil mulr1 eval_scale.
  have -> := h (Ordinal li) (Ordinal lj); rewrite mxE /= mulrCA divff // mulr1.
  by rewrite addrC subrr.
case: l => [|[r J] []] //= ok prod; apply: (refuted_sound ok (F := F)).
have := chain_scaled (C := build m I [:: (r, J)] n) (from_Z d) prod.
rewrite /= (_ : _ *: _ = zmx F m n num) //.
by apply/matrixP => i j; rewrite !mxE mulrCA divff // mulr1.
Qed.

Theorem chain_not_closed (real : bool) m I l n c : (real -> forall x : F, 0 <= x * x) ->
  check_chain real m I l n c -> ~ closed (@chain_products F _ _ (build m I l n)).
Proof.
move=> sq /and5P[/(from_Z_neq0 F) d0 /(from_Z_neq0 F) c0 hin tend ok] cl.
apply: (no_chain_sound sq d0 ok); apply: cl.
apply: (entries_limit d0 c0 (p := chain_pole c) (s := get [::] (curve_product m l n (chain_curve c)))) => [i j|t].
  exact: (forall2P tend).
suff -> : at_time m n (chain_scale c) (chain_pole c) (get [::] (curve_product m l n (chain_curve c))) t =
    (t ^+ chain_pole c * from_Z (chain_scale c))^-1 *: (\matrix_(i, j) teval t (get [::] (curve_product m l n (chain_curve c)) i j)).
  by apply: chain_scaled; apply: curve_productP.
by apply/matrixP => i j; rewrite !mxE mulrC.
Qed.
End Soundness.

Theorem chain_not_closed_any (F : numFieldType) m I l n c :
  check_chain false m I l n c -> ~ closed (@chain_products F _ _ (build m I l n)).
Proof. by apply: chain_not_closed. Qed.

Theorem chain_not_closed_real (F : realFieldType) m I l n c :
  check_chain true m I l n c -> ~ closed (@chain_products F _ _ (build m I l n)).
Proof. by apply: chain_not_closed => _ x; rewrite -expr2 sqr_ge0. Qed.
