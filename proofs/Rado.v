(** * Rado's theorem for subspaces

    Choose one vector in each of the subspaces [U_1, ..., U_r]. How large can
    the rank of the choice be? Those in [K] cannot have a larger rank than the
    sum of their spaces, so the rank is at most
    [\rank (\sum_(k in K) U k) + (r - #|K|)] for every [K], and Rado's theorem
    says that some choice attains the smallest of these bounds. The proof is
    that of Rado and Welsh: as long as one space has two dimensions or more,
    it may be replaced by one of two proper subspaces whose sum it is. If both
    destroyed the condition, say with [K1] and [K2], the union and the
    intersection of these sets would destroy it before. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products DualBases.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Rado.
Variable F : numFieldType.
Variables (m r : nat).
(** Subspaces are row spaces. *)
Implicit Types U : 'I_r -> 'M[F]_m.

Definition room U e : Prop := forall K : {set 'I_r}, (#|K| <= \rank (\sum_(k in K) U k)%MS + e)%N.

(** One space replaced. *)
Definition replaced U k V : 'I_r -> 'M[F]_m := fun l => if l == k then V else U l.

Lemma replaced_sum U k V (K : {set 'I_r}) : (\sum_(l in K) replaced U k V l :=:
  (if k \in K then V + \sum_(l in K :\ k) U l else \sum_(l in K) U l))%MS.
Proof.
case: ifP => kK.
  rewrite (bigD1 k) //= {1}/replaced eqxx; apply: adds_eqmx => //; rewrite (eq_bigl (mem (K :\ k))).
    by apply: eqmx_sums => l; rewrite !inE => /andP[/negbTE ne _]; rewrite /replaced ne.
  by move=> l; rewrite !inE andbC.
by apply: eqmx_sums => l lK; rewrite /replaced; case: eqP lK => // ->; rewrite kK.
Qed.

(** The step of Rado and Welsh. *)
Lemma room_replaced U e k V V' : room U e -> (U k <= V + V')%MS -> room (replaced U k V) e \/ room (replaced U k V') e.
Proof.
move=> hU sub.
pose bad W := [exists K : {set 'I_r}, (\rank (\sum_(l in K) replaced U k W l)%MS + e < #|K|)%N].
have good W : ~~ bad W -> room (replaced U k W) e by move=> /existsPn h K; rewrite leqNgt; apply: h.
have [/existsP[K1 b1]|/good] := boolP (bad V); last by left.
have [/existsP[K2 b2]|/good] := boolP (bad V'); last by right.
have inside W (K : {set 'I_r}) : (\rank (\sum_(l in K) replaced U k W l)%MS + e < #|K|)%N ->
    k \in K /\ (\rank (W + \sum_(l in K :\ k) U l)%MS + e <= #|K :\ k|)%N.
  rewrite (replaced_sum U k W K); case: ifP => kK; last by rewrite ltnNge hU.
  by rewrite [#|K|](cardsD1 k) kK add1n ltnS.
have [k1 c1] := inside _ _ b1; have [k2 c2] := inside _ _ b2.
set L1 := K1 :\ k in c1; set L2 := K2 :\ k in c2.
have := mxrank_sum_cap (V + \sum_(l in L1) U l)%MS (V' + \sum_(l in L2) U l)%MS.
set P := (V + _)%MS in c1 *; set Q := (V' + _)%MS in c2 * => e1.
have big : (#|L1 :|: L2|.+1 <= \rank (P + Q)%MS + e)%N.
  have kL : k \notin L1 :|: L2 by rewrite !inE eqxx.
  have := hU (k |: (L1 :|: L2)); rewrite cardsU1 kL add1n => h; apply: leq_trans h _.
  rewrite leq_add2r; apply: mxrankS; apply/sumsmx_subP => l; rewrite !inE.
  case/or3P=> [/eqP->|/andP[nl l1]|/andP[nl l2]].
  - apply: submx_trans sub _; apply: addsmxS; exact: addsmxSl.
  - apply: submx_trans (addsmxSl P Q); apply: submx_trans (addsmxSr _ _).
    by apply: (sumsmx_sup l); rewrite ?inE ?nl.
  - apply: submx_trans (addsmxSr P Q); apply: submx_trans (addsmxSr _ _).
    by apply: (sumsmx_sup l); rewrite ?inE ?nl.
have small : (#|L1 :&: L2| <= \rank (P :&: Q)%MS + e)%N.
  apply: leq_trans (hU _) _; rewrite leq_add2r; apply: mxrankS; apply/sumsmx_subP => l; rewrite inE => /andP[l1 l2].
  by rewrite sub_capmx; apply/andP; split; apply: submx_trans (addsmxSr _ _); apply: (sumsmx_sup l).
have := leq_add big small; rewrite addSn cardsUI addnACA e1 -addnACA ltnNge.
by rewrite leq_add.
Qed.

Theorem rado_all U e : room U e -> exists X : 'M[F]_(r, m), (forall k, (row k X <= U k)%MS) /\ (r <= \rank X + e)%N.
Proof.
have [d] := ubnP (\sum_k \rank (U k)); elim: d U => // d IH U le hU.
have [k rk|thin] := pickP (fun k => 1 < \rank (U k))%N; last first.
  pose x k : 'rV[F]_m := if [pick i | row i (U k) != 0] is Some i then row i (U k) else 0.
  have xU k : (U k <= x k)%MS.
    rewrite /x; case: pickP => [i nz|z]; last first.
      suff -> : U k = 0 by apply: sub0mx.
      by apply/row_matrixP => i; apply/eqP; have := z i; rewrite /= row0 => /negbFE.
    have := mxrank_leqif_sup (row_sub i (U k)); rewrite rank_rV nz => -[le1 <-].
    by rewrite eqn_leq le1 leqNgt /= thin.
  have Ux k : (x k <= U k)%MS by rewrite /x; case: pickP => [i _|_]; [apply: row_sub | apply: sub0mx].
  exists (\matrix_k x k); split=> [k|]; first by rewrite rowK.
  have := hU setT; rewrite cardsT card_ord => h; apply: leq_trans h _; rewrite leq_add2r; apply: mxrankS.
  by apply/sumsmx_subP => k _; apply: submx_trans (xU k) _; rewrite -[x k](rowK x k) row_sub.
have proper V : (V <= U k)%MS -> (\rank V < \rank (U k))%N -> (\sum_l \rank (replaced U k V l) < d)%N.
  move=> _ lt; rewrite -ltnS; apply: leq_trans le; rewrite ltnS (bigD1 k) //= [X in (_ < X)%N](bigD1 k) //=.
  rewrite /replaced eqxx -addSn leq_add // leq_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => l /negbTE-> //.
have step V : (V <= U k)%MS -> (\rank V < \rank (U k))%N -> room (replaced U k V) e ->
    exists X : 'M[F]_(r, m), (forall k, (row k X <= U k)%MS) /\ (r <= \rank X + e)%N.
  move=> VU lt hV; have [X [hX rX]] := IH _ (proper V VU lt) hV; exists X; split=> // l.
  by apply: submx_trans (hX l) _; rewrite /replaced; case: eqP => [->|].
have [i nz] : exists i, row i (U k) != 0.
  apply/existsP; apply: contraLR rk; rewrite negb_exists -leqNgt => /forallP z.
  suff -> : U k = 0 by rewrite mxrank0.
  by apply/row_matrixP => i; apply/eqP; have := z i; rewrite negbK row0.
pose V := (row i (U k) : 'rV_m); pose W := (U k :\: V)%MS.
have V1 : \rank V = 1%N by rewrite rank_rV nz.
have VU : (V <= U k)%MS by apply: row_sub.
have sub : (U k <= <<V>> + W)%MS.
  rewrite -{1}(addsmx_diff_cap_eq (U k) V) -/W addsmxC; apply: addsmxS => //.
  by rewrite genmxE capmxSr.
case: (room_replaced hU sub); first by apply: step; rewrite ?genmxE // V1.
apply: step; first exact: diffmxSl.
have := mxrank_cap_compl (U k) V; rewrite -/W => <-.
suff -> : \rank (U k :&: V)%MS = 1%N by rewrite add1n.
by apply: etrans V1; apply/eqP; rewrite eqn_leq !mxrankS ?capmxSr // sub_capmx VU submx_refl.
Qed.

(** For some of the spaces. *)
Theorem rado U (K : {set 'I_r}) d : (forall K' : {set 'I_r}, K' \subset K -> (#|K'| + d <= \rank (\sum_(k in K') U k)%MS + #|K|)%N) ->
  exists X : 'M[F]_(r, m), [/\ forall k, (row k X <= U k)%MS, forall k, k \notin K -> row k X = 0 & (d <= \rank X)%N].
Proof.
move=> hU; pose UK k : 'M[F]_m := if k \in K then U k else 0.
have dr : (d <= #|K|)%N by have := hU set0 (sub0set _); rewrite cards0 big_set0 mxrank0 !add0n.
have Kr : (#|K| <= r)%N by rewrite -[X in (_ <= X)%N](card_ord r) max_card.
have hUK : room UK (r - d).
  move=> K'; have := hU (K' :&: K) (subsetIr _ _).
  have sub : (\sum_(k in (K' :&: K)%SET) U k <= \sum_(k in K') UK k)%MS.
    apply/sumsmx_subP => k; rewrite inE => /andP[k1 k2]; apply: (sumsmx_sup k) => //.
    by rewrite /UK k2.
  have le1 := mxrankS sub => le2.
  have out : (#|K'| <= #|K' :&: K| + (r - #|K|))%N.
    rewrite -(cardsID K K') leq_add2l -[X in (_ <= X - _)%N](card_ord r) -cardsT -cardsDS ?subsetT //.
    by apply: subset_leq_card; apply: setSD; apply: subsetT.
  rewrite -(leq_add2r d); apply: leq_trans (_ : #|K' :&: K| + d + (r - #|K|) <= _)%N.
    by rewrite addnAC leq_add2r.
  apply: leq_trans (leq_add le2 (leqnn _)) _; rewrite -addnA subnKC // -addnA subnK ?leq_add //.
  exact: leq_trans dr Kr.
have [X [hX rX]] := rado_all hUK; exists X; split=> [k|k nk|].
- by apply: submx_trans (hX k) _; rewrite /UK; case: ifP => // _; apply: sub0mx.
- by have := hX k; rewrite /UK (negbTE nk) submx0 => /eqP.
by move: rX; rewrite -(leq_add2r d) -addnA subnK ?leq_add2l // ?(leq_trans dr Kr) // addnC leq_add2r.
Qed.
End Rado.
