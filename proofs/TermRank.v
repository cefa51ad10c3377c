(** * Ranks of generic matrices: the term rank

    How large is the rank of a matrix whose entries are free on a support and
    zero elsewhere? A minor that is not zero has a product of entries in it
    that is not zero, so the rank is at most the size of a largest matching of
    rows to columns in the support, the term rank of the support. A generic
    matrix attains this bound, and so does each part of it, some rows and some
    columns, at the same time. *)

From mathcomp Require Import all_ssreflect all_fingroup all_algebra.
From Closedness Require Import Products Structure Generic DualBases Types.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** ** Rows and columns of a matrix, with zeros in place of the others *)
Section Keep.
Variable F : fieldType.

(** The projection onto the coordinates in [K]. *)
Definition keep n (K : {set 'I_n}) : 'M[F]_n := diag_mx (\row_k (k \in K)%:R).

Lemma keep_rows m n (Z : {set 'I_m}) (X : 'M[F]_(m, n)) i k : (keep Z *m X) i k = if i \in Z then X i k else 0.
Proof. by rewrite mul_diag_mx !mxE; case: ifP; rewrite ?mul1r ?mul0r. Qed.

Lemma keep_columns m n (K : {set 'I_n}) (X : 'M[F]_(m, n)) i k : (X *m keep K) i k = if k \in K then X i k else 0.
Proof. by rewrite mul_mx_diag !mxE; case: ifP; rewrite ?mulr1 ?mulr0. Qed.

Lemma keepT n : keep [set: 'I_n] = 1%:M.
Proof. by apply/matrixP => i j; rewrite !mxE inE mulr1n. Qed.

Lemma keepC n (K : {set 'I_n}) : keep K + keep (~: K) = 1%:M.
Proof.
apply/matrixP => i j; rewrite !mxE inE; case: (i \in K); case: eqP => _; by rewrite ?mulr1n ?mulr0n ?addr0 ?add0r.
Qed.

Lemma keepI n (K L : {set 'I_n}) : keep K *m keep L = keep (K :&: L).
Proof.
apply/matrixP => i j; rewrite keep_rows !mxE inE; case: (i \in K) => //=; by rewrite mul0rn.
Qed.

Lemma keep0 n : keep (set0 : {set 'I_n}) = 0.
Proof. by apply/matrixP => i j; rewrite !mxE inE mul0rn. Qed.

Lemma keep_tr n (K : {set 'I_n}) : (keep K)^T = keep K.
Proof. exact: tr_diag_mx. Qed.

(** The part of a matrix in the rows [Z] and the columns [K]. *)
Definition part m n (Z : {set 'I_m}) (K : {set 'I_n}) (X : 'M[F]_(m, n)) : 'M[F]_(m, n) := keep Z *m X *m keep K.

Lemma partE m n (Z : {set 'I_m}) (K : {set 'I_n}) (X : 'M[F]_(m, n)) i k :
  part Z K X i k = if (i \in Z) && (k \in K) then X i k else 0.
Proof. by rewrite keep_columns keep_rows; case: (i \in Z); case: (k \in K). Qed.

Lemma partT m n (X : 'M[F]_(m, n)) : part setT setT X = X.
Proof. by rewrite /part !keepT mul1mx mulmx1. Qed.

(** ** Ranks and kernels *)
Lemma rank_kernel m m' n (A : 'M[F]_(m, n)) (B : 'M[F]_(m', n)) :
  (forall w : 'cV_n, B *m w = 0 -> A *m w = 0) -> (\rank A <= \rank B)%N.
Proof.
move=> ker; have : (kermx B^T <= kermx A^T)%MS.
  apply/row_subP => i; apply/sub_kermxP; apply: trmx_inj; rewrite trmx_mul trmxK trmx0; apply: ker.
  by apply: trmx_inj; rewrite trmx_mul trmxK trmx0 -row_mul mulmx_ker row0.
move/mxrankS; rewrite !mxrank_ker !mxrank_tr => le.
have := leq_sub2l n le; by rewrite !subKn ?rank_leq_col.
Qed.

(** What does not lower the rank can be undone. *)
Lemma rank_undo m m' n (A : 'M[F]_(m, n)) (B : 'M[F]_(m', m)) : (\rank A <= \rank (B *m A))%N ->
  exists D, A = D *m (B *m A).
Proof.
move=> le; apply/submxP; have [_ <-] := mxrank_leqif_sup (submxMl B A).
by rewrite eqn_leq le mxrankM_maxr.
Qed.
End Keep.

Section TermRank.
Variable F : numFieldType.

Lemma rank_keep n (K : {set 'I_n}) : \rank (keep F K) = #|K|.
Proof.
have le L : (\rank (keep F L) <= #|L|)%N.
  by apply: rank_rows => i ni; apply/matrixP => a j; rewrite !mxE (negbTE ni) mul0rn.
apply/eqP; rewrite eqn_leq le /= -(leq_add2r #|~: K|) cardsC card_ord -{1}(mxrank1 F n) -(keepC F K).
by apply: leq_trans (mxrank_add _ _) _; rewrite leq_add2l.
Qed.

(** Columns as many as the rank are independent. *)
Lemma independent m n (K : {set 'I_n}) (X : 'M[F]_(m, n)) (w : 'cV[F]_n) : (#|K| <= \rank (X *m keep F K))%N ->
  X *m keep F K *m w = 0 -> keep F K *m w = 0.
Proof.
move=> le z; have [|D ->] := @rank_undo F n m n (keep F K) X; first by rewrite rank_keep.
by rewrite -mulmxA z mulmx0.
Qed.

(** ** The term rank *)
Section Support.
Variables (m r : nat) (S : support m r).

Definition matched_rows (mu : 'I_m -> option 'I_r) : {set 'I_m} := [set i | mu i != None].

(** The size of a largest matching. *)
Definition term_rank : nat := \max_(mu : {ffun 'I_m -> option 'I_r} | is_matching S mu) #|matched_rows mu|.

Lemma is_matching_of mu : matching S mu -> is_matching S (finfun mu).
Proof. by move/in_matchings; rewrite mem_filter => /andP[]. Qed.

Lemma matching_term_rank mu : matching S mu -> (#|matched_rows mu| <= term_rank)%N.
Proof.
move=> hmu; rewrite (_ : matched_rows mu = matched_rows (finfun mu)); last first.
  by apply/setP => i; rewrite !inE ffunE.
by apply: leq_bigmax_cond (is_matching_of hmu).
Qed.

Lemma term_rank_matching : exists2 mu, matching S mu & #|matched_rows mu| = term_rank.
Proof.
have [|mu hmu e] := @eq_bigmax_cond _ (is_matching S) (fun mu : {ffun 'I_m -> option 'I_r} => #|matched_rows mu|).
  by apply/card_gt0P; exists (finfun (fun _ => None)); apply: is_matching_of; split.
by exists mu; [apply: is_matchingP | rewrite /term_rank e].
Qed.

(** A minor that is not zero contains a matching. *)
Lemma rank_matched (X : 'M[F]_(m, r)) : respects S X -> exists2 mu, matching S mu & #|matched_rows mu| = \rank X.
Proof.
move=> hX; set d := \rank X; pose f := maxrankfun X.
have full : row_full (rowsub f X)^T by rewrite /row_full mxrank_tr; apply: maxrowsub_free.
pose g := fullrankfun full; have injg : injective g by move=> a b /fullrankfun_inj.
have : \det (rowsub g (rowsub f X)^T) != 0 by rewrite -unitfE -unitmxE fullrowsub_unit.
set U := rowsub _ _ => nz.
have [s /forallP hs] : exists s : 'S_d, [forall a, X (f (s a)) (g a) != 0].
  apply/existsP; apply: contraNT nz; rewrite negb_exists => /forallP none; apply/eqP; apply: big1 => s _.
  have := none s; rewrite negb_forall => /existsP[a]; rewrite negbK => /eqP z.
  by rewrite (bigD1 a) //= [U _ _]mxE mxE mxE z mul0r mulr0.
pose mu i := if [pick a | f (s a) == i] is Some a then Some (g a) else None.
have inj : injective (fun a => f (s a)) by move=> a b /maxrankfun_inj/perm_inj.
exists mu.
  split=> [i k|i i' k]; rewrite /mu.
    case: pickP => // a /eqP <- [<-]; apply: contraNT (hs a) => /hX->; exact: eqxx.
  case: pickP => // a /eqP <- [<-]; case: pickP => // b /eqP <- [/injg->] //.
rewrite -[RHS](card_ord d) -(card_imset predT inj); apply: eq_card => i; rewrite inE /mu.
case: pickP => [a /eqP e|none]; first by apply/esym/imsetP; exists a.
by apply/esym/imsetP => -[a _ e]; have := none a; rewrite e eqxx.
Qed.

Theorem rank_term_rank (X : 'M[F]_(m, r)) : respects S X -> (\rank X <= term_rank)%N.
Proof. by case/rank_matched=> mu /matching_term_rank h <-. Qed.

(** A matching that lies in some rows and columns of a generic matrix gives its size to their rank. *)
Lemma generic_matched mu (X : 'M[F]_(m, r)) (Z : {set 'I_m}) (K : {set 'I_r}) : generic_at S X -> matching S mu ->
  (forall i k, mu i = Some k -> (i \in Z) && (k \in K)) -> (#|matched_rows mu| <= \rank (part Z K X))%N.
Proof.
move=> [_ nz] hmu inZK; set M := matched mu X; set on := matched_rows mu.
have Mu : M \in unitmx by rewrite unitmxE unitfE nz.
pose Sel : 'M[F]_(r, m) := \matrix_(k, i) (mu i == Some k)%:R.
have e : keep F on *m (part Z K X *m Sel) = M *m keep F on.
  apply/matrixP => i l; rewrite keep_rows keep_columns !inE [M i l]mxE.
  have selected : (part Z K X *m Sel) i l = if mu l is Some k then part Z K X i k else 0.
    rewrite mxE; case el: (mu l) => [k|]; last by apply: big1 => a _; rewrite [Sel _ _]mxE el mulr0.
    rewrite (bigD1 k) //= [Sel _ _]mxE el eqxx mulr1 big1 ?addr0 // => a ne.
    by rewrite [Sel _ _]mxE el; case: eqP => [[ka]|]; rewrite ?mulr0 //; rewrite ka eqxx in ne.
  rewrite selected; case el: (mu l) => [k|]; last by rewrite if_same.
  case ei: (mu i) => [a|] /=; last by case: eqP => // il; rewrite il el in ei.
  have /andP[_ kK] := inZK _ _ el; have /andP[iZ _] := inZK _ _ ei; by rewrite partE iZ kK.
apply: leq_trans (_ : \rank (M *m keep F on) <= _)%N.
  by rewrite (eqmxMfull (keep F on)) ?row_full_unit // rank_keep.
by rewrite -e; apply: leq_trans (mxrankM_maxr _ _) (mxrankM_maxl _ _).
Qed.
End Support.

(** The part of a support in some rows and columns. *)
Definition inside m r (S : support m r) (Z : {set 'I_m}) (K : {set 'I_r}) : support m r :=
  fun i k => [&& S i k, i \in Z & k \in K].

Lemma respects_part m r (S : support m r) Z K (X : 'M[F]_(m, r)) : respects S X -> respects (inside S Z K) (part Z K X).
Proof. by move=> hX i k; rewrite partE /inside; case: ifP => // _; rewrite andbT => /hX. Qed.

(** ** Generic matrices *)

(** No matrix on the support has a larger rank in any rows and columns. *)
Definition generic_ranks m r (S : support m r) (X : 'M[F]_(m, r)) : Prop :=
  respects S X /\ forall (X' : 'M[F]_(m, r)) Z K, respects S X' -> (\rank (part Z K X') <= \rank (part Z K X))%N.

Theorem rank_generic m r (S : support m r) (X : 'M[F]_(m, r)) Z K : generic_at S X -> \rank (part Z K X) = term_rank (inside S Z K).
Proof.
move=> gX; have [hX _] := gX; apply/eqP; rewrite eqn_leq (rank_term_rank (respects_part hX)) /=.
have [mu [inS inj] <-] := term_rank_matching (inside S Z K).
by apply: generic_matched gX _ _ => [|i k /inS/and3P[_ -> ->]] //; split=> // i k /inS/and3P[].
Qed.

Corollary generic_at_ranks m r (S : support m r) (X : 'M[F]_(m, r)) : generic_at S X -> generic_ranks S X.
Proof.
move=> gX; split=> [|X' Z K hX']; first by case: gX.
by rewrite (rank_generic Z K gX) (rank_term_rank (respects_part hX')).
Qed.

Corollary rank_generic_all m r (S : support m r) (X : 'M[F]_(m, r)) : generic_at S X -> \rank X = term_rank S.
Proof.
move=> gX; have [hX _] := gX; apply/eqP; rewrite eqn_leq rank_term_rank //=.
have [mu hmu <-] := term_rank_matching S; rewrite -[X in (_ <= \rank X)%N](partT X).
by apply: generic_matched gX hmu _ => i k _; rewrite !inE.
Qed.

(** König's bound: rows [R] and columns [H] that cover the support. *)
Lemma rank_covered m r (W : 'M[F]_(m, r)) (R : {set 'I_m}) (H : {set 'I_r}) :
  (forall i l, W i l != 0 -> (i \in R) || (l \in H)) -> (\rank W <= #|R| + #|H|)%N.
Proof.
move=> cover; have -> : W = keep F R *m W + keep F (~: R) *m W *m keep F H.
  apply/matrixP => i l; rewrite mxE keep_columns !keep_rows inE; case: ifPn => [_|nR]; first by rewrite if_same addr0.
  by rewrite add0r; case: ifPn => // nH; apply/eqP; apply: contraNT nR => /cover; rewrite (negbTE nH) orbF.
apply: leq_trans (mxrank_add _ _) _; rewrite leq_add //.
  by rewrite -rank_keep mxrankM_maxl.
by rewrite -[X in (_ <= X)%N]rank_keep mxrankM_maxr.
Qed.

Theorem term_rank_covered m r (S : support m r) (R : {set 'I_m}) (H : {set 'I_r}) :
  (forall i l, S i l -> (i \in R) || (l \in H)) -> (term_rank S <= #|R| + #|H|)%N.
Proof.
move=> cover; have [X gX] := @generic_matrix F m r S; have [hX _] := gX; rewrite -(rank_generic_all gX).
by apply: rank_covered => i l nz; apply: cover; apply: contraNT nz => /hX->.
Qed.
End TermRank.
