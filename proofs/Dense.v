(** * Rule [dense]: one factor without zeros, decided

    Theorem 2 of the page: with one type of columns what [types] asks for can
    be counted, as ranks of generic matrices are term ranks. So if no set of
    rows is crowded, the set of products is closed; with Theorem 3
    ([Crowded.v]) this decides the question where the second factor has as many
    columns as there are hidden indices ([dense_criterion]). It is supposed
    that generic columns are independent. What the rule [dense] checks are a
    matching that tells so, and König's covers that bound the ranks ([dense]). *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness Twins Generic DualBases Types TermRank Crowded.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Dense.
Variable F : numFieldType.
Hypothesis compactF : compact F.
Variables (m r n : nat) (S : support m r).

(** Theorem 2. *)
Theorem dense_closed : term_rank S = r -> (forall Z, ~~ crowded S Z) -> closed (@products F m r n S (@all_cells r n)).
Proof.
move=> full few.
have all p (j : 'I_p) (X : 'M[F]_(m, r)) : used (@all_cells r p) j X = X by apply/matrixP => i k; rewrite mxE.
apply: (@types F compactF m r n S (@all_cells r n) (fun _ => r) _ (room_of S)) => [j X _|k X gX|j Z].
- exact: rank_leq_col.
- have rX : \rank X = r by rewrite (rank_generic_all gX).
  pose W := keep F (~: rows_of S k) *m X; pose N := kermx W^T.
  have rN : \rank N = room_of S k by rewrite mxrank_ker mxrank_tr (room_of_generic k gX) subKn // leq_subr.
  have free : row_free X^T by rewrite /row_free mxrank_tr rX.
  pose C : 'M[F]_(r, room_of S k) := ((pid_mx (room_of S k) : 'M_(room_of S k, \rank N)) *m row_base N)^T.
  have rC : \rank C = room_of S k by rewrite mxrank_tr mxrankMfree ?row_base_free // rank_pid_mx // rN.
  exists (X *m C); split=> [|i a ns|j _]; last by exists C; rewrite all.
    by rewrite -mxrank_tr trmx_mul mxrankMfree // mxrank_tr.
  have WC : W *m C = 0.
    have /submxP[D eD] : (row_base N <= N)%MS by rewrite eq_row_base.
    have NW : N *m W^T = 0 by apply: mulmx_ker.
    apply: trmx_inj; rewrite trmx_mul /C trmxK trmx0 eD; move: N NW D {eD rN C rC} => N NW D.
    by rewrite -!mulmxA NW !mulmx0.
  have := congr1 (fun M : 'M_(m, _) => M i a) WC; rewrite -mulmxA keep_rows !inE ns => ->; by rewrite mxE.
rewrite (_ : [set k | @all_cells r n k j] = setT); last by apply/setP => k; rewrite !inE.
rewrite cardsT card_ord leq_add2r; have := few Z; rewrite -leqNgt; apply: leq_trans; apply: subset_leq_card.
apply/subsetP => k; rewrite !inE /= (_ : Z :&: rows_of S k = [set i in Z | S i k]) //.
by apply/setP => i; rewrite !inE.
Qed.

(** Theorems 2 and 3. *)
Theorem dense_criterion : (r <= n)%N -> term_rank S = r ->
  closed (@products F m r n S (@all_cells r n)) <-> forall Z, ~~ crowded S Z.
Proof.
move=> rn full; split=> [cl Z|]; last exact: dense_closed.
by apply/negP => many; apply: (@dense_not_closed F m r n S Z rn full many).
Qed.

(** ** What the rule checks *)

(** Each hidden index is the representative of a row. *)
Variable mu : 'I_m -> option 'I_r.
Hypotheses (mu_matching : matching S mu) (mu_all : #|matched_rows mu| = r).

(** Rows [R k] and hidden indices [H k] cover the cells outside the rows of [k]. *)
Variables (R : 'I_r -> {set 'I_m}) (H : 'I_r -> {set 'I_r}).
Hypothesis cover : forall k i l, S i l -> ~~ S i k -> (i \in R k) || (l \in H k).

Definition dimension k : nat := r - (#|R k| + #|H k|).

Hypothesis few : forall Z : {set 'I_m}, (#|[set k | dimension k <= #|[set i in Z | S i k]|]%N| <= #|Z|)%N.

Theorem dense : closed (@products F m r n S (@all_cells r n)).
Proof.
apply: dense_closed => [|Z].
  have [X gX] := @generic_matrix F m r S; apply/anti_leq.
  by rewrite -{1}(rank_generic_all gX) rank_leq_col -{1}mu_all matching_term_rank.
rewrite -leqNgt; apply: leq_trans (few Z); apply: subset_leq_card; apply/subsetP => k; rewrite !inE.
rewrite (_ : Z :&: rows_of S k = [set i in Z | S i k]); last by apply/setP => i; rewrite !inE.
apply: leq_trans; apply: leq_sub2l; apply: (term_rank_covered F) => i l /and3P[s].
by rewrite !inE => ns _; apply: cover s ns.
Qed.
End Dense.
