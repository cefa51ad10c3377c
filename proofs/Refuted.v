(** * "No product", shown by linear algebra

    [refuted_ok] looks at a proof that a matrix of integers is no product of
    two factors with given supports: by frames of a block of the matrix, with
    hidden indices that meet the block in one and the same single row or
    column united, or by vectors that are pinned. The theorems are those of
    [Gram.v] and [Frames.v]; here their hypotheses are computed. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Structure Frames Gram Polynomials Limit Classification Sections Witnesses.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

(** What the rank of the products of two spaces contradicts: too few dimensions on the left or on the
    right, a rank that is too small, or too large. *)
Inductive ranks :=
| FewLeft
| FewRight
| Small of nat & Z & ztable & ztable
| Large of nat & Z & ztable & ztable.

Inductive frames_tree :=
(** Hidden indices, vectors that span a space with all their left ones, the proofs of this, and the others,
    whose right vectors vanish on the space. *)
| FTightLeft of seq nat & ztable & seq span & seq nat & frames_tree
| FTightRight of seq nat & ztable & seq span & seq nat & frames_tree
(** A left and a right vector, their spaces, a factorisation of the products. *)
| FEither of nat & nat & ztable & ztable & span & span & Z & ztable & ztable & frames_tree & frames_tree
(** Hidden indices on both sides, spaces that hold their vectors, and what is wrong with the rank. *)
| FGram of seq nat & seq nat & ztable & ztable & seq span & seq span & ranks.

Inductive refuted :=
| PTurn of refuted (* transposition *)
| PBlock of seq nat & seq nat & refuted (* these rows and columns *)
| PGather of nat & seq nat & refuted (* hidden indices are united: how many are left, and where each one goes *)
| PRank of nat & Z & ztable & ztable (* a rank that is larger than the number of hidden indices *)
(** The matrix as a product with independent columns and independent rows, inverses of both factors. *)
| PFrames of Z & ztable & ztable & Z & ztable & Z & ztable & frames_tree
(** Columns; groups of rows with the proofs of their ranks; the entry that is not 0. *)
| PPinned of seq nat & seq (seq nat * (Z * ztable * ztable)) & nat & nat.

(** ** The program *)

Definition all_spans s (E : seq ztable) (K : seq nat) (W : ztable) (a : seq span) : bool :=
  [&& uniq K, all (fun k => k < s) K &
    all (fun b => spans s (nth [::] E (nth 0 K b)) W (nth (Span Z0 [::] [::]) a b)) (iota 0 (size K))].

Definition vector_products s (V U : ztable) : ztable :=
  zproduct (size V) s (size U) V (tabulate s (size U) (fun x b => get Z0 U b x)).

Definition cut s (others : seq nat) (W : ztable) (E : seq ztable) : seq ztable :=
  [seq if k \in others then nth [::] E k ++ W else nth [::] E k | k <- iota 0 s].

Definition wrong_ranks s (K L : seq nat) (U V : ztable) (b : ranks) : bool :=
  match b with
  | FewLeft => size U < size K
  | FewRight => size V < size L
  | Small q c P Q => (q < count (mem L) K) && rank_below (size V) (size U) q (vector_products s V U) c P Q
  | Large q c P Q => (count (mem L) K + (size U - size K) + (size V - size L) < q) &&
      rank_above (size V) (size U) q (vector_products s V U) c P Q
  end.

Fixpoint frames_ok s (E E' : seq ztable) (t : frames_tree) : bool :=
  match t with
  | FTightLeft K W a others t1 =>
      [&& all_spans s E K W a, size W <= size K, ~~ has (mem K) others & frames_ok s E (cut s others W E') t1]
  | FTightRight K W a others t1 =>
      [&& all_spans s E' K W a, size W <= size K, ~~ has (mem K) others & frames_ok s (cut s others W E) E' t1]
  | FEither k l U V a b c P Q t0 t1 =>
      [&& k < s, l < s, k != l, spans s (nth [::] E k) U a, spans s (nth [::] E' l) V b,
          rank_below (size V) (size U) 1 (vector_products s V U) c P Q,
          frames_ok s (cut s [:: k] V E) E' t0 & frames_ok s E (cut s [:: l] U E') t1]
  | FGram K L U V a b w => [&& all_spans s E K U a, all_spans s E' L V b & wrong_ranks s K L U V w]
  end.

Definition place r' (h : seq nat) k := nth r' h k.

Definition gathered_left m r r' I h : seq (seq bool) :=
  tabulate m r' (fun i a => has (fun k => (place r' h k == a) && get false I i k) (iota 0 r)).

Definition gathered_right r r' n J h : seq (seq bool) :=
  tabulate r' n (fun a j => has (fun k => (place r' h k == a) && get false J k j) (iota 0 r)).

Definition at_most_one n (f : nat -> bool) : bool := forall2 n n (fun i j => f i && f j ==> (i == j)).

Definition gather_ok m r n r' (I J : seq (seq bool)) h : bool :=
  let I' := gathered_left m r r' I h in
  let J' := gathered_right r r' n J h in
  all (fun k => [|| place r' h k < r', all (fun i => ~~ get false I i k) (iota 0 m) | all (fun j => ~~ get false J k j) (iota 0 n)])
    (iota 0 r) &&
  all (fun a => [|| at_most_one m (fun i => get false I' i a), at_most_one n (get false J' a) |
    at_most_one r (fun k => place r' h k == a)]) (iota 0 r').

Definition meets_block (m n : nat) (I J : seq (seq bool)) (R C : seq nat) k : bool :=
  has (fun i => (i \in R) && get false I i k) (iota 0 m) && has (fun j => (j \in C) && get false J k j) (iota 0 n).

Definition pinned_ok m r n (I J : seq (seq bool)) (num : ztable) (C : seq nat)
    (groups : seq (seq nat * (Z * ztable * ztable))) i j : bool :=
  [&& i < m, j < n, j \in C, ~~ Z.eqb (get Z0 num i j) Z0,
      all (fun g => let: (R, (c, P, Q)) := g in
        rank_above m n (count (meets_block m n I J R C) (iota 0 r))
          (tabulate m n (fun i j => if (i \in R) && (j \in C) then get Z0 num i j else Z0)) c P Q &&
        all (fun i' => (i' \in R) ==> Z.eqb (get Z0 num i' j) Z0) (iota 0 m)) groups &
      all (fun k => get false I i k && get false J k j ==> has (fun g => meets_block m n I J g.1 C k) groups) (iota 0 r)].

Definition turned_table T (d : T) m n (M : seq (seq T)) : seq (seq T) := tabulate n m (fun j i => get d M i j).

Definition left_equations m r I (C : ztable) : seq ztable :=
  [seq [seq nth [::] C i | i <- iota 0 m & ~~ get false I i k] | k <- iota 0 r].

Definition right_equations r n J (R : ztable) : seq ztable :=
  [seq [seq [seq get Z0 R x j | x <- iota 0 r] | j <- iota 0 n & ~~ get false J k j] | k <- iota 0 r].

Fixpoint refuted_ok m r n (I J : seq (seq bool)) (num : ztable) (t : refuted) : bool :=
  match t with
  | PTurn t1 => refuted_ok n r m (turned_table false r n J) (turned_table false m r I) (turned_table Z0 m n num) t1
  | PBlock f g t1 => [&& all (fun i => i < m) f, all (fun j => j < n) g &
      refuted_ok (size f) r (size g) (tabulate (size f) r (fun i k => get false I (nth 0 f i) k))
        (tabulate r (size g) (fun k j => get false J k (nth 0 g j)))
        (tabulate (size f) (size g) (fun i j => get Z0 num (nth 0 f i) (nth 0 g j))) t1]
  | PGather r' h t1 => gather_ok m r n r' I J h &&
      refuted_ok m r' n (gathered_left m r r' I h) (gathered_right r r' n J h) num t1
  | PRank q c P Q => (r < q) && rank_above m n q num c P Q
  | PFrames c C R c1 P c2 Q t1 =>
      [&& is_multiple m n c num (zproduct m r n C R), is_scalar r c1 (zproduct r m r P C),
          is_scalar r c2 (zproduct r n r R Q) & frames_ok r (left_equations m r I C) (right_equations r n J R) t1]
  | PPinned C groups i j => pinned_ok m r n I J num C groups i j
  end.

(** ** Its soundness *)
Local Open Scope ring_scope.

Section Soundness.
Variable F : numFieldType.
Local Notation from_Z := (from_Z F).
Local Notation zmx := (zmx F).

Lemma all_spansP s E K W a : all_spans s E K W a ->
  #|Witnesses.listed s K| = size K /\ forall k : 'I_s, k \in Witnesses.listed s K -> exists b, spans s (nth [::] E k) W b.
Proof.
case/and3P=> un lt h; split; first exact: card_listed.
move=> k; rewrite inE => kK; have li : (index (val k) K < size K)%N by rewrite index_mem.
have := all_iota_lt h li; rewrite nth_index // => sp.
by exists (nth (Span Z0 [::] [::]) a (index (val k) K)).
Qed.

Lemma zmx_vector_products s V U :
  zmx (size V) (size U) (vector_products s V U) = zmx (size V) s V *m (zmx (size U) s U)^T.
Proof.
rewrite zmx_product; congr (_ *m _); apply/matrixP => x b.
by rewrite !mxE tabulateE.
Qed.

(** The vectors of the hidden indices satisfy their equations. *)
Definition solves s (E : seq ztable) (M : 'M[F]_s) : Prop := forall k : 'I_s, killed (nth [::] E (nat_of_ord k)) (row k M).

Lemma solves_cut s (others : seq nat) W E (M : 'M[F]_s) : solves E M ->
  (forall k : 'I_s, nat_of_ord k \in others -> killed W (row k M)) -> solves (cut s others W E) M.
Proof.
move=> hE hW k; rewrite /cut (nth_map 0%N) ?size_iota // nth_iota //= add0n.
by case: ifP => [ko|_]; [apply: killed_cat; [apply: hE | apply: hW] | apply: hE].
Qed.

Lemma spanned_columns s E W a (M : 'M[F]_s) k : solves E M -> spans s (nth [::] E (val k)) W a ->
  exists c, col k M^T = (zmx (size W) s W)^T *m c.
Proof.
move=> hE /spansP/(_ (hE k))[d e]; exists d^T.
by rewrite -tr_row e trmx_mul.
Qed.

Lemma tight_killed s (G H : 'M[F]_s) E K W a : G *m H^T = 1%:M -> solves E H ->
  all_spans s E K W a -> (size W <= size K)%N -> forall l : 'I_s, val l \notin K -> killed W (row l G).
Proof.
move=> dual hE /all_spansP[cK sp] le l lK.
have zero : row l G *m (zmx (size W) s W)^T = 0.
  apply: (tight dual (K := Witnesses.listed s K)); rewrite ?cK ?inE // => k /sp[b].
  exact: spanned_columns.
by apply: trmx_inj; rewrite trmx_mul trmxK trmx0.
Qed.

Lemma wrong_ranksP s (G H : 'M[F]_s) E E' K L U V a b w : G *m H^T = 1%:M -> solves E H -> solves E' G ->
  all_spans s E K U a -> all_spans s E' L V b -> wrong_ranks s K L U V w -> False.
Proof.
move=> dual hE hE' sK sL; have [cK spK] := all_spansP sK; have [cL spL] := all_spansP sL.
have unK : uniq K by case/and3P: sK.
have ltK : all (fun k => (k < s)%N) K by case/and3P: sK.
have inU (k : 'I_s) : k \in Witnesses.listed s K -> exists c, col k H^T = (zmx (size U) s U)^T *m c.
  by move=> /spK[c]; apply: spanned_columns.
have inV (k : 'I_s) : k \in Witnesses.listed s L -> exists c, row k G = c *m zmx (size V) s V.
  by move=> /spL[c] /spansP; apply; apply: hE'.
have both : #|Witnesses.listed s K :&: Witnesses.listed s L| = count (mem L) K.
  rewrite -size_filter -(card_listed (n := s)) ?filter_uniq //; last first.
    by apply/allP => k; rewrite mem_filter => /andP[_ /(allP ltK)].
  by apply: eq_card => k; rewrite !inE mem_filter andbC.
have := gram dual inU inV; rewrite both cK cL -zmx_vector_products => /andP[lo hi].
case: w => [||q c P Q|q c P Q] /=.
- have [C eC] := coordinates_left inU; rewrite ltnNge -cK -(rank_columns dual) eC.
  by rewrite (leq_trans (mxrankM_maxl _ _)) ?rank_leq_col.
- have [C eC] := coordinates_right inV; rewrite ltnNge -cL -(rank_rows_of dual) eC.
  by rewrite (leq_trans (mxrankM_maxr _ _)) ?rank_leq_row.
- case/andP=> lt /(rank_belowP F) le; move: (leq_trans lo le); by rewrite leqNgt lt.
by case/andP=> lt /(rank_aboveP F) le; move: (leq_trans le hi); rewrite leqNgt lt.
Qed.

Theorem frames_sound s t (G H : 'M[F]_s) E E' : frames_ok s E E' t -> G *m H^T = 1%:M ->
  solves E H -> solves E' G -> False.
Proof.
elim: t E E' => [K W a others t IH|K W a others t IH|k l U V a b c P Q t0 IH0 t1 IH1|K L U V a b w] E E' /=.
- case/and4P=> sp le /hasPn no ok dual hE hE'; apply: (IH _ _ ok dual hE).
  by apply: solves_cut => // k /no; apply: (tight_killed dual hE sp).
- case/and4P=> sp le /hasPn no ok dual hE hE'; apply: (IH _ _ ok dual) => //.
  apply: solves_cut => // k /no; apply: (tight_killed _ hE' sp) => //.
  by apply: trmx_inj; rewrite trmx_mul trmxK trmx1.
- case/andP=> ltk /andP[ltl /and5P[kl sk sl rk /andP[ok0 ok1]]] dual hE hE'.
  have [c1 e1] := spanned_columns (k := Ordinal ltk) hE sk.
  have [c2 e2] := spansP sl (hE' (Ordinal ltl)).
  have ne : Ordinal ltk != Ordinal ltl by rewrite -val_eqE.
  have := either dual (k := Ordinal ltk) (l := Ordinal ltl) (U := (zmx (size U) s U)^T) (V := zmx (size V) s V) ne.
  case=> [||| zero|zero].
  + by exists c1.
  + by exists c2.
  + by rewrite -zmx_vector_products (rank_belowP F rk).
  + apply: (IH0 _ _ ok0 dual) => //; apply: solves_cut => // k'; rewrite inE => /eqP e.
    have -> : k' = Ordinal ltk by apply: val_inj.
    by rewrite /killed tr_row.
  apply: (IH1 _ _ ok1 dual) => //; apply: solves_cut => // k'; rewrite inE => /eqP e.
  have -> : k' = Ordinal ltl by apply: val_inj.
  by apply: trmx_inj; rewrite trmx_mul trmxK trmx0.
by case/and3P=> sK sL wr dual hE hE'; apply: (wrong_ranksP dual hE hE' sK sL wr).
Qed.

(** *** Hidden indices are united *)
Lemma at_most_oneP n f (i j : 'I_n) : at_most_one n f -> f i -> f j -> i = j.
Proof. by move=> h fi fj; apply: val_inj; apply/eqP; apply: (implyP (forall2P h i j)); rewrite fi fj. Qed.

Section Gather.
Variables (m r n r' : nat) (I J : seq (seq bool)) (h : seq nat).
Hypothesis ok : gather_ok m r n r' I J h.
Variables (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)).
Hypotheses (hX : respects (table I) X) (hY : respects (table J) Y).
Let I' := gathered_left m r r' I h.
Let J' := gathered_right r r' n J h.

Definition together (a : 'I_r') i j : F := \sum_(k | place r' h (val k) == a) X i k * Y k j.

Lemma in_left (i : 'I_m) (a : 'I_r') (k : 'I_r) : place r' h k == a -> ~~ get false I' i a -> X i k = 0.
Proof.
move=> ka; rewrite tabulateE // => /hasPn/(_ (val k)); rewrite mem_iota add0n ltn_ord ka => /(_ isT) ns.
exact: hX.
Qed.

Lemma in_right (j : 'I_n) (a : 'I_r') (k : 'I_r) : place r' h k == a -> ~~ get false J' a j -> Y k j = 0.
Proof.
move=> ka; rewrite tabulateE // => /hasPn/(_ (val k)); rewrite mem_iota add0n ltn_ord ka => /(_ isT) ns.
exact: hY.
Qed.

Lemma together_left (i : 'I_m) (a : 'I_r') j : ~~ get false I' i a -> together a i j = 0.
Proof. by move=> ns; rewrite /together big1 // => k ka; rewrite (in_left ka ns) mul0r. Qed.

Lemma together_right i (a : 'I_r') (j : 'I_n) : ~~ get false J' a j -> together a i j = 0.
Proof. by move=> ns; rewrite /together big1 // => k ka; rewrite (in_right ka ns) mulr0. Qed.

Lemma one_term (a : 'I_r') : exists xy : 'cV[F]_m * 'rV[F]_n,
  [/\ forall i : 'I_m, ~~ get false I' i a -> xy.1 i 0 = 0, forall j : 'I_n, ~~ get false J' a j -> xy.2 0 j = 0 &
      forall i j, xy.1 i 0 * xy.2 0 j = together a i j].
Proof.
case/andP: ok => _ /all_iota_lt/(_ _ (ltn_ord a)) /or3P[one|one|one].
- exists (\col_i (get false I' i a)%:R, \row_j \sum_(i | get false I' (val i) a) together a i j); split=> [i ns|j ns|i j].
  + by rewrite mxE (negbTE ns).
  + by rewrite mxE big1 // => i _; rewrite together_right.
  rewrite !mxE; have [ia|ns] := boolP (get false I' i a); last by rewrite mul0r together_left.
  rewrite mul1r (big_pred1 i) // => i'; apply/idP/eqP => [ia'|->] //.
  exact: at_most_oneP one ia' ia.
- exists (\col_i \sum_(j | get false J' a (val j)) together a i j, \row_j (get false J' a j)%:R); split=> [i ns|j ns|i j].
  + by rewrite mxE big1 // => j _; rewrite together_left.
  + by rewrite mxE (negbTE ns).
  rewrite !mxE; have [aj|ns] := boolP (get false J' a j); last by rewrite mulr0 together_right.
  rewrite mulr1 (big_pred1 j) // => j'; apply/idP/eqP => [aj'|->] //.
  exact: at_most_oneP one aj' aj.
exists (\col_i \sum_(k | place r' h (val k) == a) X i k, \row_j \sum_(k | place r' h (val k) == a) Y k j).
split=> [i ns|j ns|i j]; rewrite !mxE; first by rewrite big1 // => k ka; apply: in_left ns.
  by rewrite big1 // => k ka; apply: in_right ns.
have [k ka|no] := pickP [pred k : 'I_r | place r' h k == a].
  have only : (fun k' : 'I_r => place r' h k' == a) =1 pred1 k.
    by move=> k'; apply/idP/eqP => [ka'|->] //; apply: at_most_oneP one ka' ka.
  by rewrite /together !(big_pred1 k only).
by rewrite /together !big_pred0 ?mul0r.
Qed.

Lemma gathered : table_products r' I' J' (X *m Y).
Proof.
have [xy hxy] : exists xy : 'I_r' -> 'cV[F]_m * 'rV[F]_n, forall a : 'I_r',
    [/\ forall i : 'I_m, ~~ get false I' i a -> (xy a).1 i 0 = 0, forall j : 'I_n, ~~ get false J' a j -> (xy a).2 0 j = 0 &
        forall i j, (xy a).1 i 0 * (xy a).2 0 j = together a i j].
  by apply: (@fin_all_exists _ _ (fun (a : 'I_r') (v : 'cV[F]_m * 'rV[F]_n) => [/\ forall i : 'I_m, ~~ get false I' i a -> v.1 i 0 = 0,
    forall j : 'I_n, ~~ get false J' a j -> v.2 0 j = 0 & forall i j, v.1 i 0 * v.2 0 j = together a i j])) => a; apply: one_term.
exists (\matrix_(i, a) (xy a).1 i 0), (\matrix_(a, j) (xy a).2 0 j); split=> [i a ns|a j ns|].
- by rewrite mxE; have [-> //] := hxy a.
- by rewrite mxE; have [_ -> //] := hxy a.
apply/matrixP => i j; rewrite mxE [RHS]mxE.
transitivity (\sum_(a < r') together a i j); last first.
  by apply: eq_bigr => a _; rewrite !mxE; have [_ _ ->] := hxy a.
rewrite /together (exchange_big_dep predT) //=; apply: eq_bigr => k _.
have [lt|ge] := ltnP (place r' h k) r'.
  by rewrite (big_pred1 (Ordinal lt)) // => a; apply/eqP/eqP => [e|->//]; apply: val_inj.
rewrite big_pred0 => [|a]; last by apply/negP => /eqP e; rewrite e leqNgt ltn_ord in ge.
case/andP: ok => /all_iota_lt/(_ _ (ltn_ord k)); rewrite ltnNge ge /= => /orP[] none _.
  by rewrite (hX (i := i) (j := k)) ?mul0r //; apply: (all_iota_lt none (ltn_ord i)).
by rewrite (hY (i := k) (j := j)) ?mulr0 //; apply: (all_iota_lt none (ltn_ord j)).
Qed.
End Gather.

Lemma frames_refuted m r n I J num c C R c1 P c2 Q t :
  is_multiple m n c num (zproduct m r n C R) -> is_scalar r c1 (zproduct r m r P C) ->
  is_scalar r c2 (zproduct r n r R Q) -> frames_ok r (left_equations m r I C) (right_equations r n J R) t ->
  ~ table_products r I J (zmx m n num).
Proof.
move=> /(is_multipleP F)[c0]; rewrite zmx_product => e /(is_scalarP F)[p0]; rewrite zmx_product => eP.
move=> /(is_scalarP F)[q0]; rewrite zmx_product => eQ ok [X [Y [hX hY eA]]].
have full : row_full (zmx m r C).
  apply/row_fullP; exists ((from_Z c1)^-1 *: zmx r m P).
  by rewrite -scalemxAl eP scale_scalar_mx mulVf.
have free : row_free (zmx r n R).
  apply/row_freeP; exists ((from_Z c2)^-1 *: zmx n r Q).
  by rewrite -scalemxAr eQ scale_scalar_mx mulVf.
have : products (table I : support m r) (table J) (zmx m r C *m zmx r n R).
  exists (from_Z c *: X), Y; split=> // [i k ns|]; first by rewrite mxE hX ?mulr0.
  by rewrite -e eA scalemxAl.
case/(dual_bases_of _ _ full free)=> G [H [dual hC hR]].
apply: (frames_sound ok (G := G) (H := H^T)); rewrite ?trmxK // => k.
  apply/killedP => v; rewrite /left_equations (nth_map 0%N) ?size_iota // nth_iota // add0n.
  case/mapP=> i; rewrite mem_filter mem_iota add0n => /and3P[ns _ lt] ->.
  rewrite -[RHS](hC (Ordinal lt) k ns) mxE; apply: eq_bigr => x _.
  by rewrite !mxE.
apply/killedP => v; rewrite /right_equations (nth_map 0%N) ?size_iota // nth_iota // add0n.
case/mapP=> j; rewrite mem_filter mem_iota add0n => /and3P[ns _ lt] ->.
rewrite -[RHS](hR k (Ordinal lt) ns) mxE; apply: eq_bigr => x _.
by rewrite !mxE (nth_map 0%N) ?size_iota // nth_iota // add0n mulrC.
Qed.

Lemma pinned_refuted m r n I J num C groups i j : pinned_ok m r n I J num C groups i j ->
  ~ table_products r I J (zmx m n num).
Proof.
case/and5P=> lti ltj jC nz /andP[/allP hg cover] [X [Y [hX hY eA]]].
have entry (i' : 'I_m) (j' : 'I_n) : (X *m Y) i' j' = from_Z (get Z0 num i' j') by rewrite -eA mxE.
pose R (a : 'I_(size groups)) : pred 'I_m := fun i' => val i' \in (nth ([::], (Z0, [::], [::])) groups a).1.
pose Cs : pred 'I_n := fun j' => val j' \in C.
have meet (a : 'I_(size groups)) (k : 'I_r) :
    (k \in meeting (table I) (table J) (R a) Cs) = meets_block m n I J (nth ([::], (Z0, [::], [::])) groups a).1 C k.
  rewrite inE /meets_block; congr (_ && _).
    apply/existsP/hasP => [[i' h]|[i']]; first by exists (val i'); rewrite ?mem_iota ?add0n ?ltn_ord.
    by rewrite mem_iota add0n => lt h; exists (Ordinal lt).
  apply/existsP/hasP => [[i' h]|[i']]; first by exists (val i'); rewrite ?mem_iota ?add0n ?ltn_ord.
  by rewrite mem_iota add0n => lt h; exists (Ordinal lt).
case/negP: (from_Z_neq0 F nz); rewrite -[get _ _ _ _]/(get Z0 num (Ordinal lti) (Ordinal ltj)) -entry.
apply/eqP; apply: (pinned hX hY (R := R) (C := Cs)) => // [a|a i' Ri|k s u].
- have := hg _ (mem_nth ([::], (Z0, [::], [::])) (ltn_ord a)).
  case eg: (nth _ groups a) => [Ra [[c P] Q]] /andP[/(rank_aboveP F) le _].
  apply: leq_trans (_ : (_ <= \rank (zmx m n (tabulate m n (fun i j => if (i \in Ra) && (j \in C) then get Z0 num i j else Z0))))%N) _; last first.
    apply: eq_leq; congr (\rank _); apply/matrixP => i' j'; rewrite !mxE tabulateE // /R /Cs eg /=.
    by case: ifP => // _; rewrite -entry mxE.
  apply: leq_trans le; rewrite -size_filter; apply: eq_leq.
  rewrite -(card_listed (n := r)) ?filter_uniq ?iota_uniq //; last first.
    by apply/allP => k; rewrite mem_filter mem_iota add0n => /and3P[].
  apply: eq_card => k; rewrite meet eg inE mem_filter mem_iota /= add0n.
  have -> : (val k < r)%N by apply: ltn_ord.
  by rewrite andbT.
- have := hg _ (mem_nth ([::], (Z0, [::], [::])) (ltn_ord a)).
  rewrite /R in Ri; case eg: (nth _ groups a) Ri => [Ra [[c P] Q]] Ri /andP[_ /all_iota_lt/(_ _ (ltn_ord i'))/implyP/(_ Ri)].
  by rewrite entry => /Z.eqb_spec->.
have := implyP (all_iota_lt cover (ltn_ord k)) (introT andP (conj s u)).
case/(has_nthP ([::], (Z0, [::], [::])))=> a lt h.
by exists (Ordinal lt); rewrite meet.
Qed.

Theorem refuted_sound t m r n I J num : refuted_ok m r n I J num t -> ~ table_products r I J (zmx m n num).
Proof.
elim: t m r n I J num => [t IH|f g t IH|r' h t IH|q c P Q|c C R c1 P c2 Q t|C groups i j] m r n I J num /=.
- move=> /IH no [X [Y [hX hY e]]]; apply: no; exists Y^T, X^T; split=> [j k|k i|].
  + by rewrite /table tabulateE // mxE => /hY.
  + by rewrite /table tabulateE // mxE => /hX.
  by rewrite -trmx_mul -e; apply/matrixP => j i; rewrite !mxE tabulateE.
- case/and3P=> /allP lf /allP lg /IH no [X [Y [hX hY e]]]; apply: no.
  have rf (i : 'I_(size f)) : (nth 0%N f i < m)%N by apply/lf/mem_nth.
  have rg (j : 'I_(size g)) : (nth 0%N g j < n)%N by apply/lg/mem_nth.
  exists (\matrix_(i, k) X (Ordinal (rf i)) k), (\matrix_(k, j) Y k (Ordinal (rg j))); split=> [i k|k j|].
  + by rewrite /table tabulateE // mxE => ns; apply: hX.
  + by rewrite /table tabulateE // mxE => ns; apply: hY.
  apply/matrixP => i j; have := congr1 (fun M : 'M_(m, n) => M (Ordinal (rf i)) (Ordinal (rg j))) e.
  rewrite mxE [X in _ = X -> _]mxE mxE tabulateE //= => ->; rewrite mxE.
  by apply: eq_bigr => k _; rewrite !mxE.
- case/andP=> ok /IH no [X [Y [hX hY e]]]; apply: no; rewrite e.
  exact: gathered.
- case/andP=> lt /(rank_aboveP F) le [X [Y [_ _ e]]].
  move: (leq_trans lt le); rewrite e ltnNge.
  by rewrite (leq_trans (mxrankM_maxl _ _)) ?rank_leq_col.
- by case/and4P; apply: frames_refuted.
exact: pinned_refuted.
Qed.
End Soundness.
