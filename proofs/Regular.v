(** * Rule [regular]: where the product is zero and its derivative is onto

    If [X0 *m Y0] vanishes on some cells and the derivative of the product at
    [(X0, Y0)] reaches every matrix there, then so does the product itself:
    near [(X0, Y0)] it reaches all matrices that are small (this is the
    theorem about inverse functions), and the set of products is a cone. The
    proof is by successive approximation. With a right inverse [(U, V)] of the
    derivative, [(X0 + t U(E)) (Y0 + t V(E)) / t] is [E + t U(E) V(E)] on the
    cells, and for small [t] the equation [E = D - t U(E) V(E)] is a
    contraction. Its approximate solutions are bounded, so by compactness a
    limit of theirs is exact. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** No number is larger than all integers. *)
Definition archimedean (F : numFieldType) : Prop := forall x : F, exists n : nat, `|x| <= n%:R.

Section Regular.
Variable F : numFieldType.
Hypotheses (compactF : compact F) (archimedeanF : archimedean F).

(** Halving often makes small. *)
Lemma halved (b eps : F) : 0 <= b -> 0 < eps -> exists k, b / 2%:R ^+ k < eps.
Proof.
move=> b0 e0; have [k hk] := archimedeanF (b / eps); exists k.
rewrite ltr_pdivr_mulr ?exprn_gt0 ?ltr0n // mulrC -ltr_pdivr_mulr //.
rewrite ger0_norm ?divr_ge0 ?(ltW e0) // in hk; apply: le_lt_trans hk _.
by rewrite -natrX ltr_nat ltn_expl.
Qed.

Variables (m r n : nat) (S : support m r) (T : support r n) (cells : support m n).
Variables (X0 : 'M[F]_(m, r)) (Y0 : 'M[F]_(r, n)).
Hypotheses (hX0 : respects S X0) (hY0 : respects T Y0).
Hypothesis zero : forall i j, cells i j -> (X0 *m Y0) i j = 0.
Hypothesis onto : forall E : 'M[F]_(m, n), exists U V,
  [/\ respects S U, respects T V & forall i j, cells i j -> (X0 *m V + U *m Y0) i j = E i j].

(** A linear right inverse. *)
Lemma right_inverse : exists (U : 'M[F]_(m, n) -> 'M[F]_(m, r)) (V : 'M[F]_(m, n) -> 'M[F]_(r, n)) (K : F),
  [/\ forall E E', U (E - E') = U E - U E' /\ V (E - E') = V E - V E',
      forall E, respects S (U E) /\ respects T (V E),
      forall E i j, cells i j -> (X0 *m V E + U E *m Y0) i j = E i j, 0 <= K &
      forall (E : 'M[F]_(m, n)) b, 0 <= b -> (forall i j, `|E i j| <= b) -> (forall i k, `|U E i k| <= K * b) /\ (forall k j, `|V E k j| <= K * b)].
Proof.
have [f hf] : exists f : 'I_m -> 'I_n -> 'M[F]_(m, r) * 'M[F]_(r, n), forall i j,
    [/\ respects S (f i j).1, respects T (f i j).2 &
        forall a b, cells a b -> (X0 *m (f i j).2 + (f i j).1 *m Y0) a b = (delta_mx i j : 'M_(m, n)) a b].
  apply: (@fin_all_exists _ _ (fun i (g : 'I_n -> 'M[F]_(m, r) * 'M[F]_(r, n)) => forall j, [/\ respects S (g j).1,
    respects T (g j).2 & forall a b, cells a b -> (X0 *m (g j).2 + (g j).1 *m Y0) a b = (delta_mx i j : 'M_(m, n)) a b])) => i.
  apply: (@fin_all_exists _ _ (fun j (g : 'M[F]_(m, r) * 'M[F]_(r, n)) => [/\ respects S g.1, respects T g.2 &
    forall a b, cells a b -> (X0 *m g.2 + g.1 *m Y0) a b = (delta_mx i j : 'M_(m, n)) a b])) => j.
  by have [U [V h]] := onto (delta_mx i j); exists (U, V).
pose U (E : 'M[F]_(m, n)) := \sum_i \sum_j E i j *: (f i j).1.
pose V (E : 'M[F]_(m, n)) := \sum_i \sum_j E i j *: (f i j).2.
pose KU : F := \sum_i \sum_j \sum_a \sum_b `|(f i j).1 a b|.
pose KV : F := \sum_i \sum_j \sum_a \sum_b `|(f i j).2 a b|.
have KU0 : 0 <= KU by do 4!rewrite sumr_ge0 // => ? _.
have KV0 : 0 <= KV by do 4!rewrite sumr_ge0 // => ? _.
exists U, V, (KU + KV); split.
- move=> E E'; rewrite /U /V -!sumrB; split; apply: eq_bigr => i _; rewrite -sumrB; apply: eq_bigr => j _;
    by rewrite !mxE scalerBl.
- move=> E; split=> a b ns; rewrite summxE big1 // => i _; rewrite summxE big1 // => j _; have [h1 h2 _] := hf i j.
    by rewrite mxE h1 ?mulr0.
  by rewrite mxE h2 ?mulr0.
- move=> E a b c; rewrite /U /V mulmx_sumr mulmx_suml -big_split /= summxE.
  rewrite [in RHS](matrix_sum_delta E) summxE; apply: eq_bigr => i _.
  rewrite mulmx_sumr mulmx_suml -big_split /= !summxE; apply: eq_bigr => j _.
  by have [_ _ h] := hf i j; rewrite -scalemxAr -scalemxAl -scalerDr mxE h // [RHS]mxE.
- exact: addr_ge0.
move=> E b b0 hb.
have bound p q (g : 'I_m -> 'I_n -> 'M[F]_(p, q)) a c :
    `|(\sum_i \sum_j E i j *: g i j) a c| <= (\sum_i \sum_j \sum_a \sum_b `|g i j a b|) * b.
  rewrite summxE; apply: le_trans (ler_norm_sum _ _ _) _; rewrite mulr_suml; apply: ler_sum => i _.
  rewrite summxE; apply: le_trans (ler_norm_sum _ _ _) _; rewrite mulr_suml; apply: ler_sum => j _.
  rewrite mxE normrM mulrC ler_pmul ?hb //.
  by rewrite (bigD1 a) //= (bigD1 c) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => l _; rewrite sumr_ge0.
by split=> [i k|k j]; rewrite mulrDl; apply: le_trans (bound _ _ _ _ _) _; rewrite ?ler_addl ?ler_addr mulr_ge0.
Qed.

Theorem regular (D : 'M[F]_(m, n)) : exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)),
  [/\ respects S X, respects T Y & forall i j, cells i j -> (X *m Y) i j = D i j].
Proof.
have [U [V [K [sub resp inv K0 bound]]]] := right_inverse.
pose beta : F := \sum_i \sum_j `|D i j|; pose b := beta + 1.
have beta0 : 0 <= beta by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have b0 : 0 < b by rewrite ltr_paddl ?ltr01.
have D_beta i j : `|D i j| <= beta.
  by rewrite /beta (bigD1 i) //= (bigD1 j) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => l _; rewrite sumr_ge0.
(* products of factors with bounds *)
have product_bound (P : 'M[F]_(m, r)) (Q : 'M[F]_(r, n)) p q i j :
    (forall a c, `|P a c| <= p) -> (forall a c, `|Q a c| <= q) -> `|(P *m Q) i j| <= r%:R * (p * q).
  move=> hP hQ; rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _.
  have -> : r%:R * (p * q) = \sum_(k < r) p * q by rewrite sumr_const card_ord mulr_natl.
  by apply: ler_sum => k _; rewrite normrM ler_pmul.
pose c : F := r%:R * (K * b * K).
have c0 : 0 <= c by rewrite !mulr_ge0 ?ler0n ?(ltW b0).
(* t is so small that the correction is at most 1, and a contraction *)
pose t : F := (1 + c * b + c * 4%:R)^-1.
have s0 : 0 < 1 + c * b + c * 4%:R by rewrite -addrA ltr_paddr ?ltr01 // addr_ge0 ?mulr_ge0 ?ler0n ?(ltW b0).
have t0 : 0 < t by rewrite invr_gt0.
have tcb : t * (c * b) <= 1.
  rewrite mulrC ler_pdivr_mulr // mul1r addrAC ler_addr; apply: addr_ge0; first exact: ler01.
  by rewrite mulr_ge0 ?ler0n.
have tc4 : t * (c * 4%:R) <= 1.
  by rewrite mulrC ler_pdivr_mulr // mul1r ler_addr; apply: addr_ge0; [exact: ler01 | exact: mulr_ge0 c0 (ltW b0)].
pose step (E : 'M[F]_(m, n)) := D - t *: (U E *m V E).
have step_bound (E : 'M[F]_(m, n)) : (forall i j, `|E i j| <= b) -> forall i j, `|step E i j| <= b.
  move=> hE i j; have [hU hV] := bound E b (ltW b0) hE.
  rewrite !mxE; apply: le_trans (ler_norm_sub _ _) _; rewrite /b ler_add //.
  have := product_bound _ _ _ _ i j hU hV; rewrite mxE => h; rewrite normrM (gtr0_norm t0).
  apply: le_trans tcb; rewrite ler_pmul2l //; apply: le_trans h _.
  by rewrite /c !mulrA.
have contract (E E' : 'M[F]_(m, n)) d : (forall i j, `|E i j| <= b) -> (forall i j, `|E' i j| <= b) -> 0 <= d ->
    (forall i j, `|(E' - E) i j| <= d) -> forall i j, `|(step E - step E') i j| <= d / 2%:R.
  move=> hE hE' d0 hd i j.
  have [hU hV] := bound E b (ltW b0) hE; have [hU' hV'] := bound E' b (ltW b0) hE'.
  have [dU dV] := bound (E' - E) d d0 hd.
  have -> : step E - step E' = t *: (U E' *m V (E' - E) + U (E' - E) *m V E).
    have [e1 e2] := sub E' E; rewrite e1 e2 /step mulmxBr mulmxBl addrA subrK scalerBr.
    by rewrite opprB addrC addrA subrK.
  rewrite mxE normrM (gtr0_norm t0) ler_pdivl_mulr ?ltr0n //.
  have h1 := product_bound _ _ _ _ i j hU' dV; have h2 := product_bound _ _ _ _ i j dU hV.
  have h : `|(U E' *m V (E' - E) + U (E' - E) *m V E) i j| <= c * d *+ 2.
    rewrite mxE mulr2n; apply: le_trans (ler_norm_add _ _) _; apply: ler_add.
      by apply: le_trans h1 _; rewrite /c !mulrA.
    suff <- : r%:R * (K * d * (K * b)) = c * d by [].
    have arith (x y z w : F) : x * (y * z * (y * w)) = x * (y * w * y) * z.
      by rewrite -!mulrA; congr (_ * (_ * _)); rewrite mulrCA [RHS]mulrCA [z * w]mulrC.
    exact: arith.
  apply: le_trans (_ : t * (c * d *+ 2) * 2%:R <= _); first by rewrite ler_pmul2r ?ltr0n // ler_pmul2l.
  have -> : t * (c * d *+ 2) * 2%:R = t * (c * 4%:R) * d.
    have -> : c * d *+ 2 = c * d * 2%:R by rewrite mulr_natr.
    have arith (x y z : F) : x * (y * z * 2%:R) * 2%:R = x * (y * 4%:R) * z.
      by rewrite -!mulrA; congr (_ * (_ * _)); rewrite -natrM mulrC.
    exact: arith.
  by rewrite -[X in _ <= X]mul1r ler_wpmul2r.
pose E k := iter k step 0.
have E_bound k : forall i j, `|E k i j| <= b.
  elim: k => [|k IH]; last exact: step_bound.
  by move=> i j; rewrite mxE normr0 ltW.
have E_close k : forall i j, `|(E k.+1 - E k) i j| <= b *+ 2 / 2%:R ^+ k.
  elim: k => [|k IH] i j.
    rewrite expr0 divr1 mulr2n !mxE; apply: le_trans (ler_norm_sub _ _) _.
    by apply: ler_add; [have := E_bound 1%N i j; rewrite !mxE | rewrite normr0 ltW].
  rewrite exprSr invfM mulrA; apply: (contract _ _ _ (E_bound k.+1) (E_bound k)).
    by rewrite divr_ge0 ?exprn_ge0 ?ler0n // mulrn_wge0 ?ltW.
  by move=> a e; have := IH a e; rewrite !mxE -normrN opprB.
pose sX : F := \sum_i \sum_k `|X0 i k|; pose sY : F := \sum_k \sum_j `|Y0 k j|.
have sX0 : 0 <= sX by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have sY0 : 0 <= sY by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have Kb0 : 0 <= K * b := mulr_ge0 K0 (ltW b0).
pose MX : F := t^-1 * (sX + t * (K * b)); pose MY : F := sY + t * (K * b).
have tKb0 : 0 <= t * (K * b) := mulr_ge0 (ltW t0) Kb0.
have MX0 : 0 <= MX.
  have tV0 : 0 <= t^-1 by rewrite invr_ge0 ltW.
  exact: mulr_ge0 tV0 (addr_ge0 sX0 tKb0).
have MY0 : 0 <= MY := addr_ge0 sY0 tKb0.
have [X [Y [hX hY e]]] : masked_products S T cells D.
  apply: (@bounded_products F compactF m r n S T cells D (MX + MY)); first exact: addr_ge0.
  move=> eps e0; have [k hk] := halved (mulrn_wge0 2 (ltW b0)) e0.
  exists (t^-1 *: (X0 + t *: U (E k))), (Y0 + t *: V (E k)).
  have [hU hV] := bound (E k) b (ltW b0) (E_bound k); have [rU rV] := resp (E k).
  have sizeX i l : `|X0 i l| <= sX.
    by rewrite /sX (bigD1 i) //= (bigD1 l) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => a _; rewrite sumr_ge0.
  have sizeY l j : `|Y0 l j| <= sY.
    by rewrite /sY (bigD1 l) //= (bigD1 j) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => a _; rewrite sumr_ge0.
  split=> [i l ns|l j nt|i j cij|i l|l j].
  - by rewrite !mxE hX0 // rU // mulr0 addr0 mulr0.
  - by rewrite !mxE hY0 // rV // mulr0 addr0.
  - have -> : D i j - (t^-1 *: (X0 + t *: U (E k)) *m (Y0 + t *: V (E k))) i j = (E k.+1 - E k) i j.
      have -> : t^-1 *: (X0 + t *: U (E k)) *m (Y0 + t *: V (E k)) =
          t^-1 *: (X0 *m Y0) + (X0 *m V (E k) + U (E k) *m Y0) + t *: (U (E k) *m V (E k)).
        rewrite -scalemxAl mulmxDl !mulmxDr !scalerDr -!scalemxAl -!scalemxAr !scalerA mulVf ?gt_eqF // !scale1r mul1r.
        by rewrite !addrA.
      rewrite [E k.+1]/(step (E k)) /step; move: (inv (E k) i j cij) (zero cij).
      move: (X0 *m Y0) (X0 *m V (E k) + U (E k) *m Y0) (U (E k) *m V (E k)) => P Q R.
      by rewrite !mxE => -> ->; rewrite mulr0 add0r opprD addrA addrAC.
    exact: le_lt_trans (E_close k i j) hk.
  - rewrite !mxE normrM gtr0_norm ?invr_gt0 // ler_paddr //; rewrite /MX ler_pmul2l ?invr_gt0 //.
    apply: le_trans (ler_norm_add _ _) _; rewrite ler_add //.
    by rewrite normrM (gtr0_norm t0) ler_pmul2l.
  rewrite !mxE ler_paddl //; apply: le_trans (ler_norm_add _ _) _; rewrite ler_add //.
  by rewrite normrM (gtr0_norm t0) ler_pmul2l.
by exists X, Y; split=> // i j /e.
Qed.
End Regular.

(** The rule: hidden indices [K] with such a point disappear, and so do the cells they cover. *)
Theorem full_by_derivative (F : numFieldType) m r n (S : support m r) (T : support r n) (Omega : support m n)
    (K : pred 'I_r) (X0 : 'M[F]_(m, r)) (Y0 : 'M[F]_(r, n)) : compact F -> archimedean F ->
  let own : support m r := fun i k => S i k && K k in
  let cells : support m n := fun i j => Omega i j && covered S T K i j in
  respects own X0 -> respects T Y0 -> (forall i j, cells i j -> (X0 *m Y0) i j = 0) ->
  (forall E : 'M[F]_(m, n), exists U V,
     [/\ respects own U, respects T V & forall i j, cells i j -> (X0 *m V + U *m Y0) i j = E i j]) ->
  closed (@masked_products F m r n (fun i k => S i k && ~~ K k) T (fun i j => Omega i j && ~~ covered S T K i j)) ->
  closed (@masked_products F m r n S T Omega).
Proof.
move=> compactF arch own cells hX hY zero onto; apply: full => D.
have [X [Y [h1 h2 h3]]] := regular compactF arch hX hY zero onto D.
by exists X, Y; split=> // i j O c; apply: h3; rewrite /cells O.
Qed.
