(** * "Closed": every limit of products is a product

    A tree of cases for a matrix [A] with variable entries, entry [(i, j)] being
    variable [i * n + j]. Each leaf shows that [A] is a product, or that there is
    no such [A]; polynomials that vanish on all products vanish on limits, too. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Polynomials Refutation Limit Continuity.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

Inductive dichotomy :=
(** [DSplit p t0 t1]: [p] vanishes in [t0] and does not in [t1]. *)
| DSplit of zpoly & dichotomy & dichotomy
(** [DVanish p t]: [p] vanishes on all products, so on their limits: a new equation. *)
| DVanish of zpoly & dichotomy
(** [DDerive hs t]: a combination of equations is a new equation. *)
| DDerive of seq (nat * zpoly) & dichotomy
(** [DClose hs c us]: there is no such matrix. *)
| DClose of seq (nat * zpoly) & Z & seq nat
(** [DSection ux uy X Y H]: the matrix is the product of [X] and [Y], divided by the products of
    the non-zero polynomials [ux] and [uy]; entry by entry this holds up to the combinations [H]. *)
| DSection of seq nat & seq nat & seq (seq zpoly) & seq (seq zpoly) & seq (seq (seq (nat * zpoly))).

Section Check.
Variables (m r n : nat) (I J : seq (seq bool)).

Definition sub v : zpoly :=
  if (v < m * n)%N then flatten [seq if get false I (v %/ n) k && get false J k (v %% n)
     then [:: (Zpos xH, merge leq [:: left_variable r (v %/ n) k] [:: right_variable m r n k (v %% n)])] else [::] | k <- iota 0 r] else [::].

Definition on_products (p : zpoly) : zpoly :=
  flatten [seq zscale t.1 (foldr (fun v acc => zmul (sub v) acc) zone t.2) | t <- p].

Definition dot (X Y : seq (seq zpoly)) i j : zpoly :=
  flatten [seq zmul (get [::] X i k) (get [::] Y k j) | k <- iota 0 r].

Definition section_ok eqs nz ux uy X Y H i j : bool :=
  is_zero (dot X Y i j ++ zscale (Zneg xH) (zmul [:: (Zpos xH, [:: (i * n + j)%N])] (zmul (unit_product nz ux) (unit_product nz uy)))
         ++ combination eqs (get [::] H i j)).

Fixpoint proves (eqs nz : seq zpoly) (t : dichotomy) : bool :=
  match t with
  | DSplit p t0 t1 => proves (rcons eqs p) nz t0 && proves eqs (rcons nz p) t1
  | DVanish p t1 => is_zero (on_products p) && proves (rcons eqs p) nz t1
  | DDerive hs t1 => proves (rcons eqs (combination eqs hs)) nz t1
  | DClose hs c us => ~~ Z.eqb c Z0 && is_zero (combination eqs hs ++ zscale (Z.opp c) (unit_product nz us))
  | DSection ux uy X Y H =>
      [&& within (@nilp _) [::] I X m r, within (@nilp _) [::] J Y r n &
       all (fun i => all (fun j => section_ok eqs nz ux uy X Y H i j) (iota 0 n)) (iota 0 m)]
  end.
End Check.
Local Open Scope ring_scope.

Section Sound.
Variables (F : numFieldType) (m r n : nat) (I J : seq (seq bool)).
Local Notation from_Z := (from_Z F).
Implicit Types A B : 'M[F]_(m, n).

Definition entries_of A v : F :=
  if (v < m * n)%N then (if insub (v %/ n)%N is Some i then if insub (v %% n)%N is Some j then A i j else 0 else 0) else 0.

Lemma entries_ofE A (i : 'I_m) (j : 'I_n) : entries_of A (i * n + j)%N = A i j.
Proof.
have n0 : (0 < n)%N by case: n j => [[]|].
rewrite /entries_of; have -> : (i * n + j < m * n)%N.
  by apply: leq_trans (_ : i.+1 * n <= _)%N; rewrite ?leq_mul2r ?ltn_ord ?orbT // mulSn addnC ltn_add2r.
rewrite divnMDl // divn_small // addn0 modnMDl modn_small // !insubT //=.
by move=> h1 h2; congr (A _ _); apply: val_inj.
Qed.

Lemma entries_of_in v : (v < m * n)%N -> exists (i : 'I_m) (j : 'I_n), [/\ v = (i * n + j)%N, (v %/ n)%N = i & (v %% n)%N = j].
Proof.
move=> lt; have n0 : (0 < n)%N by case: n lt; rewrite ?muln0.
have li : (v %/ n < m)%N by rewrite ltn_divLR.
have lj : (v %% n < n)%N by rewrite ltn_mod.
by exists (Ordinal li), (Ordinal lj); split=> //=; rewrite -divn_eq.
Qed.

Section Env.
Variables (X0 : 'M[F]_(m, r)) (Y0 : 'M[F]_(r, n)).
Hypothesis hX : forall (i : 'I_m) (k : 'I_r), ~~ get false I i k -> X0 i k = 0.
Hypothesis hY : forall (k : 'I_r) (j : 'I_n), ~~ get false J k j -> Y0 k j = 0.

Definition factors_of v : F := if (v < m * r)%N then
   (if insub (v %/ r)%N is Some i then if insub (v %% r)%N is Some k then X0 i k else 0 else 0)
   else (if insub ((v - m * r) %/ n)%N is Some k then if insub ((v - m * r) %% n)%N is Some j then Y0 k j else 0 else 0).

Lemma envx (i : 'I_m) (k : 'I_r) : factors_of (left_variable r i k) = X0 i k.
Proof.
have r0 : (0 < r)%N by case: r k => [[]|].
rewrite /factors_of /left_variable; have -> : (i * r + k < m * r)%N.
  by apply: leq_trans (_ : i.+1 * r <= _)%N; rewrite ?leq_mul2r ?ltn_ord ?orbT // mulSn addnC ltn_add2r.
rewrite divnMDl // divn_small // addn0 modnMDl modn_small // !insubT //=.
by move=> h1 h2; congr (X0 _ _); apply: val_inj.
Qed.

Lemma envy (k : 'I_r) (j : 'I_n) : factors_of (right_variable m r n k j) = Y0 k j.
Proof.
have n0 : (0 < n)%N by case: n j => [[]|].
rewrite /factors_of /right_variable ltnNge leq_addr /= addKn divnMDl // divn_small // addn0 modnMDl modn_small // !insubT //=.
by move=> h1 h2; congr (Y0 _ _); apply: val_inj.
Qed.

Lemma sub_eval v : eval factors_of (sub m r n I J v) = entries_of (X0 *m Y0) v.
Proof.
case: (ltnP v (m * n)) => [lt|ge]; last by rewrite /sub /entries_of ltnNge ge /= /eval big_nil.
have [i [j [e ei ej]]] := entries_of_in lt; rewrite [in RHS]e entries_ofE mxE /sub lt ei ej.
pose g k : F := eval factors_of (if get false I i k && get false J k j then [:: (Zpos xH, merge leq [:: left_variable r i k] [:: right_variable m r n k j])] else [::]).
transitivity (\sum_(k < r) g k); last first.
  apply: eq_bigr => k _; rewrite /g; case: ifP => [_|/negbT].
    rewrite /eval big_seq1 /= -/(merge leq [:: left_variable r i k] [:: right_variable m r n k j]) eval_merge /eval_monomial !big_seq1.
    by rewrite from_Z1 mul1r envx envy.
  rewrite negb_and => /orP[ns|ns]; rewrite /eval big_nil.
    by rewrite (hX ns) mul0r.
  by rewrite (hY ns) mulr0.
rewrite -(big_mkord xpredT g) /index_iota subn0; elim: (iota 0 r) => [|k s IH] /=; first by rewrite /eval !big_nil.
by rewrite big_cons -IH eval_cat.
Qed.

Lemma on_products_eval p : eval factors_of (on_products m r n I J p) = eval (entries_of (X0 *m Y0)) p.
Proof.
rewrite /on_products; elim: p => [|t p IH] /=; first by rewrite /eval !big_nil.
rewrite eval_cat IH [in RHS]/eval big_cons -/(eval _ _) eval_scale; congr (_ * _ + _).
by elim: t.2 => [|v s IHs] /=; rewrite ?eval_one ?eval_mul ?sub_eval ?IHs /eval_monomial ?big_nil ?big_cons.
Qed.
End Env.

Lemma vanish B p : is_zero (on_products m r n I J p) -> table_products r I J B -> eval (entries_of B) p = 0.
Proof. by move=> z [X [Y [hX hY ->]]]; rewrite -(on_products_eval hX hY); apply: is_zeroP. Qed.
Local Notation limit_point A := (limit_point (@table_products F m n r I J) A).

Lemma vanish_limit A p : is_zero (on_products m r n I J p) -> limit_point A -> eval (entries_of A) p = 0.
Proof.
move=> z lim; apply/eqP; apply: contraT => ne.
have e0 : 0 < `|eval (entries_of A) p| by rewrite normr_gt0.
have [d d0 h] := eval_continuous (entries_of A) p e0; have [B hB hAB] := lim _ d0.
have := h (entries_of B); rewrite (vanish z hB) subr0 ltxx; apply=> v.
rewrite /entries_of; case: ifP => [lt|_]; last by rewrite subrr normr0.
have [i [j [_ -> ->]]] := entries_of_in lt; rewrite !insubT //= => h1 h2; exact: hAB.
Qed.

Theorem proves_sound t eqs nz : proves m r n I J eqs nz t -> forall A, limit_point A ->
  (forall f, f \in eqs -> eval (entries_of A) f = 0) -> (forall f, f \in nz -> eval (entries_of A) f != 0) -> table_products r I J A.
Proof.
elim: t eqs nz => [p t0 IH0 t1 IH1|p t1 IH|hs t1 IH|hs c us|ux uy X Y H] eqs nz /=.
- case/andP=> r0 r1 A lim heq hnz; case: (eqVneq (eval (entries_of A) p) 0) => [e|ne].
  + by apply: (IH0 _ _ r0) => // f; rewrite mem_rcons inE => /orP[/eqP->|/heq].
  + by apply: (IH1 _ _ r1) => // f; rewrite mem_rcons inE => /orP[/eqP->|/hnz].
- case/andP=> z r0 A lim heq hnz; apply: (IH _ _ r0) => // f; rewrite mem_rcons inE => /orP[/eqP->|/heq //].
  exact: vanish_limit.
- move=> r0 A lim heq hnz; apply: (IH _ _ r0) => // f; rewrite mem_rcons inE => /orP[/eqP->|/heq //].
  exact: combination_eq0.
- move=> h A _ heq hnz; case: (@refutes_sound F (entries_of A) false (fun e => False_ind _ (notF e)) (RClose hs c us) eqs nz h heq hnz).
case/and3P=> sX sY sec A _ heq hnz.
pose ev := eval (entries_of A); have dx := unit_product_neq0 ux hnz; have dy := unit_product_neq0 uy hnz.
exists (\matrix_(i, k) (ev (get [::] X i k) / ev (unit_product nz ux))), (\matrix_(k, j) (ev (get [::] Y k j) / ev (unit_product nz uy))).
split=> [i k ns|k j ns|].
- by rewrite mxE (nilP (withinP sX (ltn_ord i) (ltn_ord k) ns)) /ev /eval big_nil mul0r.
- by rewrite mxE (nilP (withinP sY (ltn_ord k) (ltn_ord j) ns)) /ev /eval big_nil mul0r.
apply/matrixP => i j; rewrite !mxE.
have := all_iota (all_iota sec (ltn_ord i)) (ltn_ord j); rewrite /section_ok => /(is_zeroP (entries_of A)).
rewrite !eval_cat eval_scale !eval_mul (combination_eq0 _ heq) addr0.
have -> : eval (entries_of A) [:: (Zpos xH, [:: (i * n + j)%N])] = A i j.
  by rewrite /eval big_seq1 /= /eval_monomial big_seq1 entries_ofE from_Z1 mul1r.
have -> : from_Z (Zneg xH) = -1 by rewrite -[Zneg xH]/(Z.opp (Zpos xH)) from_ZN from_Z1.
rewrite mulN1r => /eqP; rewrite subr_eq0 => /eqP e.
have -> : \sum_(k < r) (\matrix_(i < m, k < r) (ev (get [::] X i k) / ev (unit_product nz ux))) i k * (\matrix_(k < r, j < n) (ev (get [::] Y k j) / ev (unit_product nz uy))) k j
   = ev (dot r X Y i j) / (ev (unit_product nz ux) * ev (unit_product nz uy)).
  rewrite /dot; pose g k := ev (get [::] X i k) * ev (get [::] Y k j).
  transitivity ((\sum_(k < r) g k) / (ev (unit_product nz ux) * ev (unit_product nz uy))).
    rewrite [RHS]big_distrl /=. apply: eq_bigr => k _; rewrite !mxE /g.
    by rewrite mulf_div.
  congr (_ / _); rewrite -(big_mkord xpredT g) /index_iota subn0.
  elim: (iota 0 r) => [|k s IH] /=; first by rewrite /ev /eval !big_nil.
  by rewrite big_cons IH /ev eval_cat eval_mul.
by rewrite {1}/ev e mulfK // mulf_neq0.
Qed.

Theorem proves_closed t : proves m r n I J [::] [::] t -> closed (@table_products F m n r I J).
Proof. by move=> h A lim; apply: (proves_sound h). Qed.
End Sound.

