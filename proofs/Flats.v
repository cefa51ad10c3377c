(** * Rule [flats]: one factor without zeros, and few columns

    Theorem 5 of the page [dense]: row [i] of a product lies in the flat that
    the rows [y_k] of the second factor with [k] in the row's support span.
    That is the theorem [types] for the transposed product: the supports of the
    [y_k] are full, so that only numbers of hidden indices have to be counted.
    Each [y_k] is wanted in the limits of several flats; how many dimensions
    these have in common is bounded flat by flat. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness Generic DualBases Types TermRank Crowded Reduction.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Flats.
Variable F : numFieldType.
Hypothesis compactF : compact F.
Variables (m r n : nat) (S : support m r).

(** The hidden indices of a row. *)
Definition type_of i : {set 'I_r} := [set k | S i k].

(** [rho k] dimensions that all flats with [k] have in common, for generic [y]; only small [s] matter. *)
Theorem flats (rho : 'I_r -> nat) :
  (forall k (V : 'M[F]_(n, r)), generic_at (@all_cells n r) V -> exists2 B : 'M[F]_(n, rho k),
     \rank B = rho k & forall i, S i k -> exists C, B = V *m keep F (type_of i) *m C) ->
  (forall i s, (s < minn n #|type_of i|)%N ->
     (#|[set k in type_of i | rho k <= s]%N| + minn n #|type_of i| <= s + #|type_of i|)%N) ->
  closed (@products F m r n S (@all_cells r n)).
Proof.
move=> room few; apply: transposed; pose T : support r m := fun k i => S i k.
have usedE i (V : 'M[F]_(n, r)) : used T i V = V *m keep F (type_of i).
  by apply/matrixP => a k; rewrite keep_columns mxE inE.
apply: (@types F compactF n r m _ T (fun i => minn n #|type_of i|) _ rho) => [i V _|k V gV|i Z].
- rewrite usedE leq_min (rank_leq_row _) /=; apply: leq_trans (mxrankM_maxr _ _) _; by rewrite rank_keep.
- have [B rB hB] := room k V gV; exists B; split=> // i s; rewrite usedE; exact: hB.
have -> : [set k | T k i] = type_of i by [].
have [small|big] := ltnP #|Z| (minn n #|type_of i|); last first.
  rewrite addnC leq_add //; apply: subset_leq_card; apply/subsetP => k; rewrite !inE; by case/andP.
apply: leq_trans (few i _ small); rewrite leq_add2r; apply: subset_leq_card; apply/subsetP => k.
rewrite !inE => /andP[s le]; apply/andP; split; first exact: s.
apply: leq_trans le _; apply: subset_leq_card; by apply/subsetP => a; rewrite inE => /andP[].
Qed.

(** ** How many dimensions flats have in common *)
Section Common.
Variable V : 'M[F]_(n, r).
Hypothesis generic_V : generic_at (@all_cells n r) V.

Lemma rank_flat (K : {set 'I_r}) : (minn n #|K| <= \rank (V *m keep F K))%N.
Proof.
pose K0 := [set k in take (minn n #|K|) (enum K)].
have sub : K0 \subset K by apply/subsetP => k; rewrite inE => /mem_take; rewrite mem_enum.
have card : #|K0| = minn n #|K|.
  rewrite cardsE (card_uniqP (take_uniq _ (enum_uniq _))) size_take -cardE.
  by case: ltnP => // le; apply/anti_leq; rewrite le geq_minr.
have [K1 sub1|mu [inS inj] le] := @hall n r (@all_cells n r) K0.
  have [->|/set0Pn[k kK1]] := eqVneq K1 set0; first by rewrite cards0.
  rewrite (_ : neighbours _ K1 = setT); last by apply/setP => i; rewrite !inE; apply/existsP; exists k; rewrite kK1.
  by rewrite cardsT card_ord; apply: leq_trans (subset_leq_card sub1) _; rewrite card geq_minl.
rewrite -card; apply: leq_trans le _; rewrite -[V]mul1mx -(keepT F n) -/(part setT K V).
apply: generic_matched generic_V _ _ => [|i k /inS/and3P[_ _ kK]]; first by split=> // i k /inS/and3P[].
by rewrite inE (subsetP sub).
Qed.

Lemma rank_flat_most (K : {set 'I_r}) : (\rank (V *m keep F K) <= minn n #|K|)%N.
Proof.
by rewrite leq_min (rank_leq_row _) /=; apply: leq_trans (mxrankM_maxr _ _) _; rewrite rank_keep.
Qed.

(** The flats as row spaces, and what some of them have in common. *)
Definition flat_of (K : {set 'I_r}) : 'M[F]_(r, n) := (V *m keep F K)^T.
Fixpoint meet (ks : seq {set 'I_r}) : 'M[F]_n :=
  if ks is K :: ks' then (flat_of K :&: meet ks')%MS else 1%:M.

Lemma flat_of_sub (K L : {set 'I_r}) : K \subset L -> (flat_of K <= flat_of L)%MS.
Proof.
by move=> /setIidPr e; rewrite /flat_of -e -keepI mulmxA trmx_mul submxMl.
Qed.

Lemma meet_sub (ks : seq {set 'I_r}) (K : {set 'I_r}) : K \in ks -> (meet ks <= flat_of K)%MS.
Proof.
elim: ks => //= L ks IH; rewrite inE => /orP[/eqP->|/IH]; first exact: capmxSl.
by apply: submx_trans; apply: capmxSr.
Qed.

Lemma sub_meet (ks : seq {set 'I_r}) (K : {set 'I_r}) : (forall L : {set 'I_r}, L \in ks -> K \subset L) -> (flat_of K <= meet ks)%MS.
Proof.
elim: ks => [|L ks IH] all /=; first exact: submx1.
rewrite sub_capmx flat_of_sub ?all ?mem_head //=; apply: IH => L' h; apply: all; by rewrite inE h orbT.
Qed.
End Common.

(** The flat [K] and what is left of the earlier ones lie in the flat of [K] and any of those; and all
    contain the vectors of the hidden indices that they have in common. *)
Fixpoint common_dimension (ks : seq {set 'I_r}) : nat :=
  if ks is K :: ks' then
    maxn (common_dimension ks' + minn n #|K| - foldr (fun L => minn (minn n #|K :|: L|)) n ks') (minn n #|foldr (@setI _) setT ks|)
  else n.

Lemma common_dimension_meet V ks : generic_at (@all_cells n r) V -> (common_dimension ks <= \rank (meet V ks))%N.
Proof.
move=> gV; elim: ks => [|K ks IH]; first by rewrite mxrank1.
rewrite geq_max; apply/andP; split.
  have := mxrank_sum_cap (flat_of V K) (meet V ks) => e.
  have joint : (\rank (flat_of V K + meet V ks)%MS <= foldr (fun L => minn (minn n #|K :|: L|)) n ks)%N.
    have : forall L : {set 'I_r}, L \in ks -> (meet V ks <= flat_of V L)%MS by move=> L; apply: meet_sub.
    move: (meet V ks) => M; elim: (ks) => [|L ks' IHk] /= inL; first exact: rank_leq_col.
    rewrite leq_min IHk ?andbT => [|L' h]; last by apply: inL; rewrite inE h orbT.
    apply: leq_trans (rank_flat_most V (K :|: L)); rewrite -[X in (_ <= X)%N]mxrank_tr; apply: mxrankS; rewrite addsmx_sub.
    rewrite flat_of_sub ?subsetUl //=; apply: submx_trans (inL _ (mem_head _ _)) _.
    by apply: flat_of_sub; apply: subsetUr.
  rewrite leq_subLR; apply: leq_trans (leq_add joint (leqnn _)); rewrite e addnC leq_add //.
  by rewrite mxrank_tr rank_flat.
apply: leq_trans (rank_flat gV _) _; rewrite -mxrank_tr; apply: mxrankS.
apply: (@sub_meet V (K :: ks)) => L; elim: (K :: ks) => //= L' ks' IHk.
by rewrite inE => /orP[/eqP->|/IHk]; [apply: subsetIl | apply: subset_trans; apply: subsetIr].
Qed.

(** What the rule checks: for each hidden index flats of rows, one in each small flat of a row with it. *)
Theorem flats_bounded (order : 'I_r -> seq 'I_m) :
  (forall k i, S i k -> (n <= #|type_of i|)%N \/ exists2 j, j \in order k & type_of j \subset type_of i) ->
  (forall i s, (s < minn n #|type_of i|)%N ->
     (#|[set k in type_of i | common_dimension (map type_of (order k)) <= s]%N| + minn n #|type_of i| <= s + #|type_of i|)%N) ->
  closed (@products F m r n S (@all_cells r n)).
Proof.
move=> enough; apply: flats => k V gV; set b := common_dimension _; set M := meet V (map type_of (order k)).
have bM : (b <= \rank M)%N by apply: common_dimension_meet.
exists ((pid_mx b : 'M_(b, \rank M)) *m row_base M)^T.
  by rewrite mxrank_tr mxrankMfree ?row_base_free // rank_pid_mx.
move=> i s; suff : (((pid_mx b : 'M_(b, \rank M)) *m row_base M)%R <= flat_of V (type_of i))%MS.
  by case/submxP=> D eD; exists D^T; rewrite eD trmx_mul trmxK.
case: (enough k i s) => [big|[j jk sub]].
  apply: submx_full; rewrite /row_full /flat_of mxrank_tr eqn_leq rank_leq_row /=.
  by apply: leq_trans (rank_flat gV _); rewrite (minn_idPl big).
apply: submx_trans (submxMl _ _) _; rewrite eq_row_base; apply: submx_trans (flat_of_sub V sub).
by apply: meet_sub; apply: map_f.
Qed.
End Flats.
