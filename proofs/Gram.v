(** * Refutations by frames: dual bases in given spaces

    Let [A = C *m R] with [s] independent columns in [C] and [s] independent
    rows in [R]. If [A] is a product of factors with [s] hidden indices, then
    their columns and rows are [C *m h_k] and [g_k *m R] with dual bases [h_k]
    and [g_k] of [F^s], and the supports are linear equations for each of these
    vectors ([dual_bases_of]). So the question is whether there are dual bases
    with [h_k] and [g_k] in given spaces. There are none if the spaces of some
    [h_k] have a sum of too small a dimension, or one in which the products
    with the spaces of some [g_l] have too large or too small a rank ([gram],
    which contains [pair] and [deficient]); a sum of spaces that is no larger
    than it must be determines the dual vectors of the others up to fewer
    dimensions ([tight]); and a product of two linear forms vanishes where one
    of them does ([either]). *)

From mathcomp Require Import all_ssreflect all_algebra zify.
From Closedness Require Import Products Twins DualBases Types.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Gram.
Variable F : numFieldType.

(** ** Dual bases *)
Theorem dual_bases_of m s n (S : support m s) (T : support s n) (C : 'M[F]_(m, s)) (R : 'M[F]_(s, n)) :
  row_full C -> row_free R -> (products S T (C *m R) <->
  exists G H : 'M[F]_s, [/\ G *m H = 1%:M, respects S (C *m H) & respects T (G *m R)]).
Proof.
case/row_fullP=> L LC /row_freeP[N RN]; split=> [[X [Y [hX hY e]]]|[G [H [GH hX hY]]]]; last first.
  by exists (C *m H), (G *m R); split=> //; rewrite mulmxA -[C *m H *m G]mulmxA (mulmx1C GH) mulmx1.
have XG : X *m (Y *m N) = C by rewrite mulmxA -e -mulmxA RN mulmx1.
have HY : (L *m X) *m Y = R by rewrite -mulmxA -e mulmxA LC mul1mx.
have HG : (L *m X) *m (Y *m N) = 1%:M by rewrite -mulmxA XG LC.
have GH := mulmx1C HG; exists (Y *m N), (L *m X); split=> //.
  suff -> : C *m (L *m X) = X by [].
  by rewrite -XG -mulmxA GH mulmx1.
suff -> : Y *m N *m R = Y by [].
by rewrite -HY mulmxA GH mul1mx.
Qed.

Variables (s : nat) (G H : 'M[F]_s).
Hypothesis dual : G *m H = 1%:M.

(** The vectors with the indices of [K]. *)
Definition columns_of (K : {set 'I_s}) : 'M[F]_(s, #|K|) := \matrix_(i, a) H i (enum_val a).
Definition rows_of (K : {set 'I_s}) : 'M[F]_(#|K|, s) := \matrix_(a, i) G (enum_val a) i.

Lemma products_of K L : rows_of L *m columns_of K = \matrix_(b, a) (enum_val b == enum_val a)%:R.
Proof.
apply/matrixP => b a; rewrite [RHS]mxE -[RHS]/((enum_val b == enum_val a)%:R : F).
have := congr1 (fun M : 'M_s => M (enum_val b) (enum_val a)) dual; rewrite [X in _ = X -> _]mxE => <-.
by rewrite mxE [RHS]mxE; apply: eq_bigr => i _; rewrite !mxE.
Qed.

Lemma rank_products K L : \rank (rows_of L *m columns_of K) = #|K :&: L|.
Proof.
apply/eqP; rewrite eqn_leq; apply/andP; split.
  pose Z : {set 'I_#|L|} := [set b | enum_val b \in K].
  apply: leq_trans (_ : #|Z| <= _)%N.
    apply: rank_rows => b; rewrite inE => nK; apply/rowP => a; rewrite products_of !mxE.
    by case: eqP => // e; rewrite e enum_valP in nK.
  rewrite -(card_imset Z enum_val_inj); apply: subset_leq_card; apply/subsetP => k /imsetP[b].
  by rewrite !inE => bK ->; rewrite bK enum_valP.
pose f (c : 'I_#|K :&: L|) := enum_val c.
have fK c : f c \in K by have := enum_valP c; rewrite inE => /andP[].
have fL c : f c \in L by have := enum_valP c; rewrite inE => /andP[].
pose P : 'M[F]_(#|K :&: L|, #|L|) := \matrix_(c, b) (f c == enum_val b)%:R.
pose Q : 'M[F]_(#|K|, #|K :&: L|) := \matrix_(a, c) (f c == enum_val a)%:R.
have e : P *m (rows_of L *m columns_of K) *m Q = 1%:M.
  apply/matrixP => c d; rewrite products_of !mxE (bigD1 (enum_rank_in (fK d) (f d))) //=.
  rewrite [Q _ _]mxE enum_rankK_in // eqxx mulr1 big1 ?addr0 => [|a ne]; last first.
    rewrite [Q _ _]mxE; case: eqP => [e|]; last by rewrite mulr0.
    by case/eqP: ne; apply: enum_val_inj; rewrite enum_rankK_in.
  rewrite mxE (bigD1 (enum_rank_in (fL c) (f c))) //= !mxE !enum_rankK_in // eqxx mul1r big1 ?addr0 => [|b ne].
    by rewrite (inj_eq enum_val_inj).
  rewrite !mxE; case: eqP => [e|]; last by rewrite mul0r.
  by case/eqP: ne; apply: enum_val_inj; rewrite enum_rankK_in.
by apply: (minor_rank (L := P) (R := Q)); rewrite e det1 oner_eq0.
Qed.

Lemma rank_columns K : \rank (columns_of K) = #|K|.
Proof.
have := rank_products K K; rewrite setIid => e.
by apply/eqP; rewrite eqn_leq rank_leq_col -{1}e mxrankM_maxr.
Qed.

Lemma rank_rows_of L : \rank (rows_of L) = #|L|.
Proof.
have := rank_products L L; rewrite setIid => e.
by apply/eqP; rewrite eqn_leq rank_leq_row -{1}e mxrankM_maxl.
Qed.

(** ** What refutes

    [U] and [V] span what the [h_k], [k] in [K], and the [g_k], [k] in [L], can be. *)
Section Spaces.
Variables (K L : {set 'I_s}) (u v : nat) (U : 'M[F]_(s, u)) (V : 'M[F]_(v, s)).
Hypothesis inU : forall k, k \in K -> exists c, col k H = U *m c.
Hypothesis inV : forall k, k \in L -> exists c, row k G = c *m V.

Lemma coordinates_left : exists C : 'M[F]_(u, #|K|), columns_of K = U *m C.
Proof.
have [f hf] : exists f : 'I_#|K| -> 'cV[F]_u, forall a, col (enum_val a) H = U *m f a.
  by apply: (@fin_all_exists _ _ (fun a (c : 'cV[F]_u) => col (enum_val a) H = U *m c)) => a; apply: inU; apply: enum_valP.
exists (\matrix_(i, a) f a i 0); apply/matrixP => i a; have := congr1 (fun M : 'cV_s => M i 0) (hf a).
by rewrite !mxE => ->; apply: eq_bigr => l _; rewrite !mxE.
Qed.

Lemma coordinates_right : exists C : 'M[F]_(#|L|, v), rows_of L = C *m V.
Proof.
have [f hf] : exists f : 'I_#|L| -> 'rV[F]_v, forall a, row (enum_val a) G = f a *m V.
  by apply: (@fin_all_exists _ _ (fun a (c : 'rV[F]_v) => row (enum_val a) G = c *m V)) => a; apply: inV; apply: enum_valP.
exists (\matrix_(a, i) f a 0 i); apply/matrixP => a i; have := congr1 (fun M : 'rV_s => M 0 i) (hf a).
by rewrite !mxE => ->; apply: eq_bigr => l _; rewrite !mxE.
Qed.

(** Gram: the rank of the products lies between two numbers. *)
Theorem gram : (#|K :&: L| <= \rank (V *m U) <= #|K :&: L| + (u - #|K|) + (v - #|L|))%N.
Proof.
have [C eC] := coordinates_left; have [D eD] := coordinates_right.
have e : D *m (V *m U) *m C = rows_of L *m columns_of K by rewrite eC eD !mulmxA.
have rC : \rank C = #|K|.
  by apply/eqP; rewrite eqn_leq rank_leq_col (leq_trans (eq_leq (esym (rank_columns K)))) // eC mxrankM_maxr.
have rD : \rank D = #|L|.
  by apply/eqP; rewrite eqn_leq rank_leq_row (leq_trans (eq_leq (esym (rank_rows_of L)))) // eD mxrankM_maxl.
apply/andP; split.
  by rewrite -(rank_products K L) -e; apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
rewrite -(rank_products K L) -e.
have := mxrank_mul_min D (V *m U); have := mxrank_mul_min (D *m (V *m U)) C.
have := rank_leq_row C; have := rank_leq_col D; rewrite rC rD.
move: #|L| #|K| (\rank (V *m U)) (\rank (D *m (V *m U))) (\rank (D *m (V *m U) *m C)) => b a q x y; lia.
Qed.

(** Tight: if the [h_k] span all of [U], the [g_l] with other indices vanish on it. *)
Theorem tight l : (u <= #|K|)%N -> l \notin K -> row l G *m U = 0.
Proof.
move=> le lK; have [C eC] := coordinates_left.
have full : row_free C.
  rewrite /row_free eqn_leq rank_leq_row; apply: leq_trans le _.
  by apply: leq_trans (eq_leq (esym (rank_columns K))) _; rewrite eC mxrankM_maxr.
have zero : row l G *m columns_of K = 0.
  apply/matrixP => i a; rewrite !mxE ord1.
  have := congr1 (fun M : 'M_s => M l (enum_val a)) dual; rewrite [in X in _ = X -> _]mxE.
  case: eqP => [e|_]; first by rewrite e enum_valP in lK.
  by rewrite mxE => h; apply: etrans h; apply: eq_bigr => b _; rewrite !mxE.
have /row_freeP[D CD] := full.
by rewrite -[U]mulmx1 -CD !mulmxA -[_ *m U *m C]mulmxA -eC zero mul0mx.
Qed.

Theorem tight_rows k : (v <= #|L|)%N -> k \notin L -> V *m col k H = 0.
Proof.
move=> le kL; have [D eD] := coordinates_right.
have full : row_full D.
  rewrite /row_full eqn_leq rank_leq_col; apply: leq_trans le _.
  by apply: leq_trans (eq_leq (esym (rank_rows_of L))) _; rewrite eD mxrankM_maxl.
have zero : rows_of L *m col k H = 0.
  apply/matrixP => a i; rewrite !mxE.
  have := congr1 (fun M : 'M_s => M (enum_val a) k) dual; rewrite [in X in _ = X -> _]mxE.
  case: eqP => [e|_]; first by rewrite -e enum_valP in kL.
  by rewrite mxE => h; apply: etrans h; apply: eq_bigr => b _; rewrite !mxE.
have /row_fullP[C CD] := full.
by rewrite -[V]mul1mx -CD -!mulmxA [D *m _]mulmxA -eD zero mulmx0.
Qed.
End Spaces.

(** Either: where all products are products of two linear forms, one of these vanishes. *)
Theorem either k l u v (U : 'M[F]_(s, u)) (V : 'M[F]_(v, s)) : k != l ->
  (exists c, col k H = U *m c) -> (exists c, row l G = c *m V) -> (\rank (V *m U) <= 1)%N ->
  V *m col k H = 0 \/ row l G *m U = 0.
Proof.
move=> kl [c ec] [d ed] rk; have [p [q e]] : exists (p : 'cV[F]_v) (q : 'rV[F]_u), V *m U = p *m q.
  have [L [R [eLR _ _]]] := bounded_range rk.
  by exists L, (R *m (V *m U)); rewrite eLR.
have zero : (d *m p) *m (q *m c) = 0.
  rewrite mulmxA -[d *m p *m q]mulmxA -e !mulmxA -ed -mulmxA -ec; apply/matrixP => i j; rewrite !ord1 [RHS]mxE.
  have := congr1 (fun M : 'M_s => M l k) dual; rewrite [in X in _ = X -> _]mxE eq_sym (negbTE kl) mxE => h.
  by rewrite mxE; apply: etrans h; apply: eq_bigr => a _; rewrite !mxE.
have := congr1 (fun M : 'M_1 => M 0 0) zero; rewrite mxE big_ord1 [RHS]mxE => /eqP; rewrite mulf_eq0.
have scalar (M : 'M[F]_1) : M 0 0 = 0 -> M = 0 by move=> z; apply/matrixP => i j; rewrite !ord1 z mxE.
case/orP=> /eqP/scalar z; [right | left].
  by rewrite ed -mulmxA e mulmxA z mul0mx.
by rewrite ec mulmxA e -mulmxA z mulmx0.
Qed.
End Gram.
