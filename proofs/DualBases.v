(** * Rule [dual-bases]: few zeros

    A hidden index that carries few zeros can always be given something to do:
    if a matrix of rank [q] is to be written with [q] hidden indices, and one
    of them has fewer than [q] zeros in both factors together, then some
    column [x] and some row [y] on its support take the rank down by one,
    [\rank (A - x *m y) = q - 1] (this is Wedderburn's rank reduction). For
    the spaces in which [x] and [y] may lie have together more than [q]
    dimensions and cannot be orthogonal to each other. So it is enough that
    the last hidden index has less than [q] zeros, the one before it less than
    [q - 1], and so on down to one without zeros: where the zeros are does not
    matter, and the field does not either. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Twins.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Rank.
Variable F : numFieldType.

(** A matrix with few rows that are not zero has small rank. *)
Lemma rank_rows m n (M : 'M[F]_(m, n)) (Z : {set 'I_m}) : (forall i, i \notin Z -> row i M = 0) -> (\rank M <= #|Z|)%N.
Proof.
move=> zero; have -> : M = \sum_(i in Z) (delta_mx i 0 : 'cV_m) *m row i M.
  apply/row_matrixP => i; rewrite linear_sum /=.
  have term l : row i ((delta_mx l 0 : 'cV_m) *m row l M) = if i == l then row l M else 0.
    rewrite row_mul (_ : row i _ = (i == l)%:R%:M) ?mul_scalar_mx; first by case: eqP; rewrite ?scale1r ?scale0r.
    by apply/matrixP => a b; rewrite !ord1 !mxE eqxx andbT.
  under eq_bigr do rewrite term.
  have [iZ|iZ] := boolP (i \in Z).
    rewrite (bigD1 i) //= eqxx big1 ?addr0 // => l /andP[_ ne]; by rewrite eq_sym (negbTE ne).
  rewrite big1 ?zero // => l lZ; case: eqP => // il; by rewrite il lZ in iZ.
rewrite -sum1_card; elim/big_ind2: _ => [|a A b B hA hB|i _]; first by rewrite mxrank0.
  exact: leq_trans (mxrank_add _ _) (leq_add hA hB).
exact: leq_trans (mxrankM_maxr _ _) (rank_leq_row _).
Qed.

(** A matrix close to the identity is invertible. *)
Lemma near_one_unit d (G : 'M[F]_d) : (forall i j, `|(i == j)%:R - G i j| < d.+1%:R^-1) -> G \in unitmx.
Proof.
move=> near; rewrite -row_free_unit -kermx_eq0; apply: contraT => /matrix0Pn[a [b nz]].
pose v := row a (kermx G); have vG : v *m G = 0 by rewrite /v -row_mul mulmx_ker row0.
have [j hj] := largest b (fun j => v 0 j).
have vj : 0 < `|v 0 j| by apply: lt_le_trans (hj b); rewrite normr_gt0 mxE.
have : `|v 0 j| < `|v 0 j|; last by rewrite ltxx.
have e : v 0 j = \sum_l v 0 l * ((l == j)%:R - G l j).
  under eq_bigr do rewrite mulrBr; rewrite sumrB.
  have -> : \sum_l v 0 l * G l j = 0 by have := congr1 (fun M : 'rV_d => M 0 j) vG; rewrite !mxE.
  rewrite subr0 (bigD1 j) //= eqxx mulr1 big1 ?addr0 // => l /negbTE->; by rewrite mulr0.
rewrite {1}e; apply: le_lt_trans (ler_norm_sum _ _ _) _.
apply: le_lt_trans (_ : \sum_(l < d) `|v 0 j| * d.+1%:R^-1 < _).
  by apply: ler_sum => l _; rewrite normrM ler_pmul // ltW.
rewrite sumr_const card_ord -mulr_natr -mulrA gtr_pmulr // mulrC ltr_pdivr_mulr ?ltr0Sn //.
by rewrite mul1r ltr_nat.
Qed.

(** Limits have no larger rank. *)
Theorem rank_closed m n d : closed (fun A : 'M[F]_(m, n) => \rank A <= d)%N.
Proof.
move=> A lim; rewrite leqNgt; apply/negP => big.
pose q := \rank A; have [L [R one]] : exists (L : 'M_(q, m)) (R : 'M_(n, q)), L *m A *m R = 1%:M.
  have /row_fullP[L hL] := col_base_full A; have /row_freeP[R hR] := row_base_free A.
  exists L, R; transitivity (L *m (col_base A *m row_base A) *m R); first by rewrite mulmx_base.
  by rewrite mulmxA hL mul1mx hR.
pose sL : F := \sum_i \sum_j `|L i j|; pose sR : F := \sum_i \sum_j `|R i j|.
have sL0 : 0 <= sL by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have sR0 : 0 <= sR by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have s0 : 0 < 1 + sL * sR by rewrite ltr_paddr ?mulr_ge0 ?ltr01.
pose e : F := q.+1%:R^-1 / (1 + sL * sR).
have e0 : 0 < e by rewrite divr_gt0 ?invr_gt0 ?ltr0Sn.
have [B rB near] := lim _ e0.
have : L *m B *m R \in unitmx.
  apply: near_one_unit => i j.
  have -> : (i == j)%:R - (L *m B *m R) i j = (L *m (A - B) *m R) i j.
    by rewrite mulmxBr mulmxBl one !mxE.
  rewrite mxE; apply: le_lt_trans (ler_norm_sum _ _ _) _.
  apply: le_lt_trans (_ : \sum_b sL * e * `|R b j| < _).
    apply: ler_sum => b _; rewrite normrM ler_wpmul2r //.
    rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _.
    apply: le_trans (_ : \sum_a `|L i a| * e <= _).
      apply: ler_sum => a _; rewrite normrM ler_wpmul2l // !mxE ltW //.
    rewrite -mulr_suml ler_wpmul2r ?(ltW e0) // /sL [X in _ <= X](bigD1 i) //= ler_addl sumr_ge0 // => l _.
    by rewrite sumr_ge0.
  have Le0 : 0 <= sL * e := mulr_ge0 sL0 (ltW e0).
  rewrite -mulr_sumr; apply: le_lt_trans (_ : sL * e * sR < _).
    rewrite ler_wpmul2l //; apply: ler_sum => b _.
    by rewrite (bigD1 j) //= ler_addl sumr_ge0.
  rewrite mulrAC /e mulrCA gtr_pmulr ?invr_gt0 ?ltr0Sn // ltr_pdivr_mulr // mul1r ltr_addr ltr01 //.
rewrite -row_free_unit /row_free => /eqP rk; move: big; rewrite -/q -rk ltnNge.
by rewrite (leq_trans (mxrankM_maxl _ _)) // (leq_trans (mxrankM_maxr _ _)).
Qed.
End Rank.

(** ** The theorem *)
Section DualBases.
Variable F : numFieldType.
Variables (m r n : nat) (S : support m r) (T : support r n).

(** The zeros of a hidden index, in both factors. *)
Definition zeros (k : 'I_r) : nat := #|[set i | ~~ S i k]| + #|[set j | ~~ T k j]|.

(** A sum of terms for the hidden indices [ks]. *)
Definition terms (ks : seq 'I_r) (A : 'M[F]_(m, n)) : Prop :=
  exists (x : 'I_r -> 'cV[F]_m) (y : 'I_r -> 'rV[F]_n),
    [/\ forall k i, ~~ S i k -> x k i 0 = 0, forall k j, ~~ T k j -> y k 0 j = 0 &
        A = \sum_(k <- ks) x k *m y k].

Lemma terms_products ks A : uniq ks -> terms ks A -> products S T A.
Proof.
move=> un [x [y [hx hy ->]]].
exists (\matrix_(i, k) if k \in ks then x k i 0 else 0), (\matrix_(k, j) y k 0 j); split=> [i k ns|k j ns|].
- by rewrite mxE hx ?if_same.
- by rewrite mxE hy.
apply/matrixP => i j; rewrite summxE mxE (big_uniq _ un) /= big_mkcond; apply: eq_bigr => k _.
by rewrite !mxE big_ord1; case: ifP; rewrite ?mul0r.
Qed.

(** Wedderburn's rank reduction, within the supports of a hidden index with few zeros. *)
Lemma reduce (A : 'M[F]_(m, n)) k : (zeros k < \rank A)%N ->
  exists (x : 'cV[F]_m) (y : 'rV[F]_n), [/\ forall i, ~~ S i k -> x i 0 = 0,
    forall j, ~~ T k j -> y 0 j = 0 & (\rank (A - x *m y)%R < \rank A)%N].
Proof.
set q := \rank A => few; have [C [R eA]] : exists (C : 'M[F]_(m, q)) (R : 'M[F]_(q, n)), A = C *m R.
  by exists (col_base A), (row_base A); rewrite mulmx_base.
pose CZ : 'M[F]_(m, q) := \matrix_(i, a) if S i k then 0 else C i a.
pose RZ : 'M[F]_(n, q) := \matrix_(j, a) if T k j then 0 else R a j.
pose G := kermx CZ^T; pose H := kermx RZ^T.
have rG : (q - #|[set i | ~~ S i k]| <= \rank G)%N.
  rewrite mxrank_ker mxrank_tr leq_sub2l //; apply: rank_rows => i; rewrite inE negbK => s.
  by apply/matrixP => a b; rewrite !mxE s.
have rH : (q - #|[set j | ~~ T k j]| <= \rank H)%N.
  rewrite mxrank_ker mxrank_tr leq_sub2l //; apply: rank_rows => j; rewrite inE negbK => t.
  by apply/matrixP => a b; rewrite !mxE t.
have /matrix0Pn[a [b nz]] : H *m G^T != 0.
  apply: contraTneq few => /mulmx0_rank_max; rewrite mxrank_tr => le; rewrite -leqNgt /zeros.
  rewrite -(leq_add2l (q - #|[set i | ~~ S i k]| + (q - #|[set j | ~~ T k j]|))).
  apply: leq_trans (_ : q + q <= _)%N; first by rewrite leq_add2r (leq_trans _ le) // addnC leq_add.
  by rewrite addnACA leq_add // addnC -leq_subLR.
pose h : 'rV[F]_q := ((H *m G^T) a b)^-1 *: row a H; pose g : 'cV[F]_q := (row b G)^T.
have hg : h *m g = 1%:M.
  apply/matrixP => c d; rewrite !ord1 /h -scalemxAl mxE [in RHS]mxE eqxx.
  have -> : (row a H *m g) 0 0 = (H *m G^T) a b.
    by rewrite mxE [in RHS]mxE; apply: eq_bigr => l _; rewrite !mxE.
  exact: mulVf.
have CZG : CZ *m g = 0.
  by apply: trmx_inj; rewrite trmx_mul trmxK -row_mul mulmx_ker row0 trmx0.
have aRZ : row a H *m RZ^T = 0 by rewrite -row_mul mulmx_ker row0.
have hRZ : h *m RZ^T = 0 by rewrite -[h *m _]/(_ *: row a H *m RZ^T) -scalemxAl aRZ scaler0.
exists (C *m g), (h *m R); split=> [i ns|j nt|].
- have -> : (C *m g) i 0 = (CZ *m g) i 0; last by rewrite CZG mxE.
  by rewrite mxE [in RHS]mxE; apply: eq_bigr => l _; congr (_ * _); rewrite mxE (negbTE ns).
- have -> : (h *m R) 0 j = (h *m RZ^T) 0 j; last by rewrite hRZ mxE.
  by rewrite mxE [in RHS]mxE; apply: eq_bigr => l _; congr (_ * _); rewrite mxE mxE (negbTE nt).
have -> : A - C *m g *m (h *m R) = C *m (1%:M - g *m h) *m R.
  by rewrite eA mulmxBr mulmx1 mulmxBl !mulmxA.
apply: leq_ltn_trans (mxrankM_maxl _ _) _; apply: leq_ltn_trans (mxrankM_maxr _ _) _.
have : (\rank h + \rank (1%:M - g *m h)%R <= q)%N.
  by apply: mulmx0_rank_max; rewrite mulmxBr mulmx1 mulmxA hg mul1mx subrr.
rewrite -/q; suff -> : \rank h = 1%N by rewrite add1n.
rewrite rank_rV; case: eqVneq => // h0; move/matrixP/(_ 0 0): hg => /eqP.
by rewrite h0 mul0mx !mxE eq_sym oner_eq0.
Qed.

(** The hidden indices [ks], with the fewest zeros first. *)
Theorem dual_bases (ks : seq 'I_r) (A : 'M[F]_(m, n)) : uniq ks ->
  (forall s k, (s < size ks)%N -> (zeros (nth k ks s) <= s)%N) -> (\rank A <= size ks)%N -> products S T A.
Proof.
move=> un few small; apply: (terms_products un).
elim/last_ind: ks un A few small => [|ks k IH] un A few small.
  exists (fun _ => 0), (fun _ => 0); split=> [k i _|k j _|]; rewrite ?mxE // big_nil.
  by apply/eqP; rewrite -mxrank_eq0 -leqn0.
move: un; rewrite rcons_uniq => /andP[kks un].
have few' s l : (s < size ks)%N -> (zeros (nth l ks s) <= s)%N.
  by move=> lt; have := few s l; rewrite size_rcons nth_rcons lt => -> //; apply: ltnW.
have add (B : 'M[F]_(m, n)) (x : 'cV_m) (y : 'rV_n) : (forall i, ~~ S i k -> x i 0 = 0) -> (forall j, ~~ T k j -> y 0 j = 0) ->
    (\rank B <= size ks)%N -> terms (rcons ks k) (B + x *m y).
  move=> hx hy /(IH un _ few')[x' [y' [hx' hy' ->]]].
  exists (fun l => if l == k then x else x' l), (fun l => if l == k then y else y' l); split=> [l i|l j|].
  - by case: eqP => [->|_]; [apply: hx | apply: hx'].
  - by case: eqP => [->|_]; [apply: hy | apply: hy'].
  rewrite -cats1 big_cat big_seq1 /= eqxx; congr (_ + _); rewrite !big_seq; apply: eq_bigr => l lks.
  have ne : l != k by apply: contraNneq kks => <-.
  by rewrite (negbTE ne).
have [le|gt] := leqP (\rank A) (size ks).
  by have := add A 0 0; rewrite mulmx0 addr0; apply=> // i _; rewrite mxE.
have [|x [y [hx hy lt]]] := @reduce A k.
  by apply: leq_ltn_trans gt; have := few (size ks) k; rewrite size_rcons nth_rcons ltnn eqxx; apply.
rewrite -(subrK (x *m y) A); apply: add => //.
by rewrite -ltnS (leq_trans lt) // (leq_trans small) // size_rcons.
Qed.

(** As many of them as the rank of a product can be: the set is closed. *)
Theorem dual_bases_closed (ks : seq 'I_r) : uniq ks -> size ks = minn r (minn m n) ->
  (forall s k, (s < size ks)%N -> (zeros (nth k ks s) <= s)%N) -> closed (@products F m r n S T).
Proof.
move=> un sz few; apply: closed_ext (@rank_closed F m n (size ks)) => A; split; first exact: dual_bases.
case=> X [Y [_ _ ->]]; rewrite sz !leq_min (leq_trans (mxrankM_maxl _ _) (rank_leq_col _)) /=.
by rewrite (leq_trans (mxrankM_maxl _ _) (rank_leq_row _)) (leq_trans (mxrankM_maxr _ _) (rank_leq_col _)).
Qed.
End DualBases.
