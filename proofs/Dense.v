(** * Rule [dense]: one factor without zeros

    Theorem 2 of the page: with one type of columns what [types] asks for can
    be counted. A matching tells that generic columns are independent, and
    König's covers bound the ranks from above: if rows [R] and hidden indices
    [H] cover all cells outside the rows of [k], then [X] has at most rank
    [#|R| + #|H|] there, and so at least [r - #|R| - #|H|] dimensions of its
    column space lie on the rows of [k], for every [X] that is generic. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness Twins Generic DualBases Types.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Ranks.
Variable F : numFieldType.
Variables (m r n : nat) (S : support m r) (T : support r n).

(** The rank that a matching promises. *)
Definition matched_rows (mu : 'I_m -> option 'I_r) : {set 'I_m} := [set i | mu i != None].

Lemma rank_matching mu j (X : 'M[F]_(m, r)) : matching S mu -> (forall i k, mu i = Some k -> T k j) ->
  generic_at S X -> (#|matched_rows mu| <= \rank (used T j X))%N.
Proof.
move=> hmu inT [_ /(_ _ hmu) nz]; set M := matched mu X in nz.
have Mu : M \in unitmx by rewrite unitmxE unitfE.
pose on i := mu i != None.
pose D : 'M[F]_m := \matrix_(i, i') ((i == i') && on i)%:R.
pose Sel : 'M[F]_(r, m) := \matrix_(k, i) (mu i == Some k)%:R.
have DM p (N : 'M[F]_(m, p)) i l : (D *m N) i l = if on i then N i l else 0.
  rewrite mxE (bigD1 i) //= mxE eqxx /= big1 ?addr0 => [|a ne].
    by case: (on i); rewrite ?mul1r ?mul0r.
  by rewrite mxE eq_sym (negbTE ne) mul0r.
have e : D *m (used T j X *m Sel) = M *m D.
  apply/matrixP => i l; rewrite DM; rewrite [RHS]mxE (bigD1 l) //= [D l l]mxE eqxx /= big1 ?addr0; last first.
    by move=> a ne; rewrite [D _ _]mxE (negbTE ne) mulr0.
  rewrite [M i l]mxE; case el: (mu l) => [k|]; last first.
    rewrite /on el mulr0; case: ifP => // _; rewrite mxE big1 // => a _; by rewrite [Sel _ _]mxE el mulr0.
  rewrite /on el mulr1; case ei: (mu i) => [k'|] /=.
    rewrite mxE (bigD1 k) //= [Sel _ _]mxE el eqxx mulr1 mxE (inT _ _ el) big1 ?addr0 // => a ne.
    rewrite [Sel _ _]mxE el; case: eqP => [[ka]|]; last by rewrite mulr0.
    by rewrite ka eqxx in ne.
  by case: eqP => // il; rewrite il el in ei.
apply: leq_trans (_ : \rank (M *m D) <= _)%N; last first.
  by rewrite -e; apply: leq_trans (mxrankM_maxr _ _) (mxrankM_maxl _ _).
rewrite (eqmxMfull D _) ?row_full_unit //; apply: rank_compl.
apply: leq_trans (_ : #|~: matched_rows mu| + #|matched_rows mu| <= _)%N; last first.
  by rewrite addnC cardsC card_ord.
rewrite leq_add2r; apply: rank_rows => i; rewrite !inE negbK => onI; apply/matrixP => a b.
by rewrite !mxE /on onI andbT subrr.
Qed.

(** König's bound for a part of [X]: rows [R] and columns [H] cover it. *)
Lemma rank_covered (W : 'M[F]_(m, r)) (R : {set 'I_m}) (H : {set 'I_r}) :
  (forall i l, W i l != 0 -> (i \in R) || (l \in H)) -> (\rank W <= #|R| + #|H|)%N.
Proof.
move=> cover; have -> : W = (\matrix_(i, l) if i \in R then W i l else 0) + (\matrix_(l, i) if i \in R then 0 else W i l)^T.
  by apply/matrixP => i l; rewrite !mxE; case: ifP; rewrite ?addr0 ?add0r.
apply: leq_trans (mxrank_add _ _) _; rewrite leq_add // ?mxrank_tr; apply: rank_rows => i ni; apply/matrixP => a b; rewrite !mxE.
  by rewrite (negbTE ni).
by case: ifPn => // nb; apply/eqP; apply: contraNT ni => /cover; rewrite (negbTE nb).
Qed.

(** The columns that are used have at most the rank of a cover. *)
Lemma rank_used j (R : {set 'I_m}) (H : {set 'I_r}) (X : 'M[F]_(m, r)) : respects S X ->
  (forall i k, S i k -> T k j -> (i \in R) || (k \in H)) -> (\rank (used T j X) <= #|R| + #|H|)%N.
Proof.
move=> hX cover; apply: rank_covered => i k; rewrite mxE; case: ifP => [tk|]; last by rewrite eqxx.
by move=> nz; apply: cover tk; apply: contraNT nz => /hX->.
Qed.
End Ranks.

Section Dense.
Variable F : numFieldType.
Hypothesis compactF : compact F.
Variables (m r n : nat) (S : support m r).

(** Each hidden index is the representative of a row. *)
Variable mu : 'I_m -> option 'I_r.
Hypotheses (mu_matching : matching S mu) (mu_all : #|matched_rows mu| = r).

(** Rows [R k] and hidden indices [H k] cover the cells outside the rows of [k]. *)
Variables (R : 'I_r -> {set 'I_m}) (H : 'I_r -> {set 'I_r}).
Hypothesis cover : forall k i l, S i l -> ~~ S i k -> (i \in R k) || (l \in H k).

Definition dimension k : nat := r - (#|R k| + #|H k|).

(** No set of rows is crowded. *)
Hypothesis few : forall Z : {set 'I_m}, (#|[set k | dimension k <= #|[set i in Z | S i k]|]%N| <= #|Z|)%N.

Theorem dense : closed (@products F m r n S (@all_cells r n)).
Proof.
have all p (j : 'I_p) (X : 'M[F]_(m, r)) : used (@all_cells r p) j X = X by apply/matrixP => i k; rewrite mxE.
have full (X : 'M[F]_(m, r)) : generic_at S X -> \rank X = r.
  move=> gX; apply/eqP; rewrite eqn_leq rank_leq_col /= -[X in (_ <= \rank X)%N](all 1%N ord0 X) -{1}mu_all.
  exact: (rank_matching mu_matching).
apply: (@types F compactF m r n S (@all_cells r n) (fun _ => r) _ dimension) => [j X _|k X gX|j Z].
- exact: rank_leq_col.
- have rX := full X gX; pose W : 'M[F]_(m, r) := \matrix_(i, l) if S i k then 0 else X i l.
  have rW : (\rank W <= #|R k| + #|H k|)%N.
    apply: rank_covered => i l; rewrite mxE; case: ifPn => [|ns nz]; first by rewrite eqxx.
    by apply: (cover (k := k)) ns; case: gX => hX _; apply: contraNT nz => /hX->.
  pose N := kermx W^T; have rN : (dimension k <= \rank N)%N by rewrite mxrank_ker mxrank_tr leq_sub2l.
  have free : row_free X^T by rewrite /row_free mxrank_tr rX.
  pose C : 'M[F]_(r, dimension k) := ((pid_mx (dimension k) : 'M_(dimension k, \rank N)) *m row_base N)^T.
  have rC : \rank C = dimension k.
    rewrite mxrank_tr mxrankMfree ?row_base_free // rank_pid_mx //.
  exists (X *m C); split=> [|i a ns|j _]; last by exists C; rewrite all.
    by rewrite -mxrank_tr trmx_mul mxrankMfree // mxrank_tr.
  have WC : W *m C = 0.
    have /submxP[D eD] : (row_base N <= N)%MS by rewrite eq_row_base.
    have NW : N *m W^T = 0 by apply: mulmx_ker.
    apply: trmx_inj; rewrite trmx_mul /C trmxK trmx0 eD; move: N NW D {eD rN C rC} => N NW D.
    by rewrite -!mulmxA NW !mulmx0.
  have -> : (X *m C) i a = (W *m C) i a; last by rewrite WC mxE.
  by rewrite mxE [in RHS]mxE; apply: eq_bigr => l _; congr (_ * _); rewrite mxE (negbTE ns).
rewrite (_ : [set k | @all_cells r n k j] = setT); last by apply/setP => k; rewrite !inE.
rewrite cardsT card_ord leq_add2r; apply: leq_trans (few Z); apply: subset_leq_card; apply/subsetP => k.
by rewrite !inE.
Qed.
End Dense.
