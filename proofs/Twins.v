(** * Rule [twins]: equal rows

    Of rows with the same hidden indices and the same looked-at cells only so
    many matter as the rank of their block can be. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Compactness.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** Rows: those of [S], then [q] equal ones. *)
Definition with_twins a q n (S : support a n) (t : 'I_n -> bool) : support (a + q) n :=
  fun i k => match split i with inl i' => S i' k | inr _ => t k end.

Lemma with_twins_other a q n (S : support a n) t (i : 'I_a) k : with_twins (q := q) S t (lshift q i) k = S i k.
Proof. by rewrite /with_twins (unsplitK (inl _ i)). Qed.

Lemma with_twins_twin a q n (S : support a n) t (i : 'I_q) k : with_twins S t (rshift a i) k = t k.
Proof. by rewrite /with_twins (unsplitK (inr _ i)). Qed.

Section Twins.
Variable F : numFieldType.

Lemma largest p (i0 : 'I_p) (f : 'I_p -> F) : exists i, forall k, `|f k| <= `|f i|.
Proof.
have := @real_arg_maxP F _ i0 xpredT (fun i => `|f i|) isT.
case=> [i _|i _ h]; first exact: normr_real.
by exists i => k; apply: h.
Qed.

(** One step of elimination with the largest entry of a column as pivot. *)
Lemma eliminate p q (B : 'M[F]_(p, q)) : B != 0 -> exists (u : 'cV[F]_p) (i : 'I_p),
  [/\ forall k, `|u k 0| <= 1 & (\rank ((1%:M - u *m (delta_mx 0 i : 'rV_p)) *m B)%R < \rank B)%N].
Proof.
case/matrix0Pn=> i0 [j nz]; have [i hi] := largest i0 (fun k => B k j).
have Bij : B i j != 0 by rewrite -normr_gt0 (lt_le_trans _ (hi i0)) // normr_gt0.
exists (\col_k (B k j / B i j)), i; split=> [k|].
  by rewrite mxE normrM normfV ler_pdivr_mulr ?normr_gt0 // mul1r.
set E := (1%:M - _); rewrite ltnNge; apply/negP => le.
have /submxP[D e] : (B <= E *m B)%MS.
  by have [_ <-] := mxrank_leqif_sup (submxMl E B); rewrite eqn_leq le mxrankM_maxr.
have : E *m (B *m delta_mx j 0) = 0 :> 'cV_p.
  rewrite mulmxBl mul1mx -mulmxA [delta_mx 0 i *m _]mulmxA -rowE -row_mul -colE; apply/matrixP => k l.
  by rewrite !mxE big_ord1 !mxE divfK // subrr.
move=> z; case/eqP: Bij; have /= := congr1 (fun C : 'M_(p, q) => (C *m (delta_mx j 0 : 'cV_q)) i 0) e.
by rewrite -!mulmxA z mulmx0 -colE !mxE.
Qed.

(** A matrix of rank at most [d] is [L *m R] times itself, with bounded [L] and [R] of inner size [d]. *)
Lemma bounded_range d p q (B : 'M[F]_(p, q)) : (\rank B <= d)%N -> exists (L : 'M[F]_(p, d)) (R : 'M[F]_(d, p)),
  [/\ L *m (R *m B) = B, forall i j, `|L i j| <= 1 & forall i j, `|R i j| <= (p * 2).+1%:R ^+ d].
Proof.
elim: d B => [|d IH] B.
  rewrite leqn0 mxrank_eq0 => /eqP->; exists 0, 0; split=> [|i j|i j]; rewrite ?mulmx0 ?mul0mx // !mxE normr0 ?ler01 //.
case: (eqVneq B 0) => [->|nz le].
  by exists 0, 0; split=> [|i j|i j]; rewrite ?mulmx0 ?mul0mx // !mxE normr0 ?ler01 // exprn_ge0 ?ler0n.
have [u [i [hu rk]]] := eliminate nz; set E := (1%:M - _) in rk.
have [|L [R [e bL bR]]] := IH (E *m B); first by rewrite -ltnS (leq_trans rk).
pose L' : 'M[F]_(p, 1 + d) := row_mx u L.
pose R' : 'M[F]_(1 + d, p) := col_mx (delta_mx 0 i) (R *m E).
have M1 : 1 <= (p * 2).+1%:R :> F by rewrite ler1n.
have LR : L' *m (R' *m B) = B.
  by rewrite /L' /R' mul_col_mx mul_row_col -[R *m E *m B]mulmxA e /E mulmxBl mul1mx mulmxA addrC subrK.
exists L', R'; split=> //.
- move=> k j; rewrite mxE; case: splitP => l _; last exact: bL.
  by rewrite [l]ord1.
move=> k j; rewrite mxE; case: splitP => l _.
  rewrite mxE; case: andP => _; rewrite ?normr1 ?normr0 ?exprn_ege1 // exprn_ge0 ?ler0n //.
rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _.
apply: le_trans (_ : \sum_(c < p) (p * 2).+1%:R ^+ d * 2%:R <= _).
  apply: ler_sum => c _; rewrite normrM ler_pmul ?normr_ge0 //.
  rewrite !mxE big_ord1 !mxE; apply: le_trans (ler_norm_sub _ _) _.
  rewrite -[2%:R]/(1 + 1) ler_add //; first by case: eqP => _; rewrite ?normr1 ?normr0 ?ler01.
  by rewrite normrM mulr_ile1 ?normr_ge0 //; case: andP => _; rewrite ?normr1 ?normr0 ?ler01.
rewrite sumr_const card_ord -[_ *+ p]mulr_natr exprSr -mulrA ler_wpmul2l ?exprn_ge0 ?ler0n //.
by rewrite -natrM ler_nat mulnC.
Qed.

(** König's bound: rank at most the number of hidden indices and columns that cover a block. *)
Lemma rank_cover p r n (X : 'M[F]_(p, r)) (Y : 'M[F]_(r, n)) (t : 'I_r -> bool) (w : 'I_n -> bool)
    (T : support r n) (K : {set 'I_r}) (C : {set 'I_n}) :
  (forall i k, ~~ t k -> X i k = 0) -> respects T Y ->
  (forall k j, t k -> w j -> T k j -> (k \in K) || (j \in C)) ->
  (\rank (\matrix_(i, j) if w j then (X *m Y) i j else 0)%R <= #|K| + #|C|)%N.
Proof.
move=> hX hY cover.
have rank_sum q (L : {set 'I_q}) (u : 'I_q -> 'cV[F]_p) (v : 'I_q -> 'rV[F]_n) :
    (\rank (\sum_(k in L) u k *m v k)%R <= #|L|)%N.
  rewrite -sum1_card; elim/big_ind2: _ => [|a A b B hA hB|k _]; first by rewrite mxrank0.
  - exact: leq_trans (mxrank_add _ _) (leq_add hA hB).
  - exact: leq_trans (mxrankM_maxr _ _) (rank_leq_row _).
pose rest i j := if w j then \sum_(k | k \notin K) X i k * Y k j else 0.
have -> : (\matrix_(i, j) if w j then (X *m Y) i j else 0) =
    \sum_(k in K) col k X *m (\row_j if w j then Y k j else 0) +
    \sum_(l in C) (\col_i rest i l) *m delta_mx 0 l.
  apply/matrixP => i j; rewrite !mxE !summxE.
  have -> : \sum_(l in C) ((\col_i0 rest i0 l) *m (delta_mx 0 l : 'rV_n)) i j = rest i j.
    have term l : ((\col_i0 rest i0 l) *m (delta_mx 0 l : 'rV_n)) i j = if j == l then rest i l else 0.
      by rewrite mxE big_ord1 !mxE eqxx /=; case: eqP; rewrite ?mulr1 ?mulr0.
    have [jC|jC] := boolP (j \in C).
      rewrite (bigD1 j) //= term eqxx big1 ?addr0 // => l /andP[_ ne].
      by rewrite term eq_sym (negbTE ne).
    rewrite big1 => [|l lC]; last by rewrite term; case: eqP => // jl; rewrite jl lC in jC.
    rewrite /rest; case: ifP => // wj; rewrite big1 // => k kK.
    have [tk|/hX->] := boolP (t k); last by rewrite mul0r.
    have [Tkj|/hY->] := boolP (T k j); last by rewrite mulr0.
    by have := cover k j tk wj Tkj; rewrite (negbTE kK) (negbTE jC).
  rewrite /rest; case: ifP => wj.
    rewrite (bigID (mem K)) /=; congr (_ + _); apply: eq_bigr => k _.
    by rewrite mxE big_ord1 !mxE wj.
  by rewrite addr0 big1 // => k _; rewrite mxE big_ord1 !mxE wj mulr0.
exact: leq_trans (mxrank_add _ _) (leq_add (rank_sum _ _ _ _) (rank_sum _ _ _ _)).
Qed.

Hypothesis compactF : compact F.

(** [K] and [C] cover the block of the twins; [d] of them are enough. *)
Theorem twins a p d r n (S : support a r) (t : 'I_r -> bool) (T : support r n)
    (Omega : support a n) (w : 'I_n -> bool) (K : {set 'I_r}) (C : {set 'I_n}) :
  (forall k j, t k -> w j -> T k j -> (k \in K) || (j \in C)) -> (#|K| + #|C| <= d)%N ->
  closed (@masked_products F _ _ _ (with_twins (q := d) S t) T (with_twins Omega w)) ->
  closed (@masked_products F _ _ _ (with_twins (q := p) S t) T (with_twins Omega w)).
Proof.
move=> cover few cl A lim.
pose block (X : 'M[F]_(a + p, r)) (Y : 'M[F]_(r, n)) : 'M[F]_(p, n) :=
  \matrix_(i, j) if w j then (dsubmx X *m Y) i j else 0.
(* the kept rows, and the factor that gives all twins back *)
pose R eps (L : 'M[F]_(p, d)) (D : 'M[F]_(d, n)) := exists (X : 'M[F]_(a, r)) (X' : 'M[F]_(d, r)) (Y : 'M[F]_(r, n)),
  [/\ respects (with_twins S t) (col_mx X X'), respects T Y,
      forall i j, Omega i j -> `|usubmx A i j - (X *m Y) i j| < eps &
      forall i j, w j -> D i j = (X' *m Y) i j].
pose size : F := \sum_i \sum_j `|A i j|.
have sizeP i j : `|A i j| <= size.
  by rewrite /size (bigD1 i) //= (bigD1 j) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => k _; rewrite sumr_ge0.
have size0 : 0 <= size by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
pose M : F := 1 + (p%:R * ((p * 2).+1%:R ^+ d * (size + 1))).
have M1 : 1 <= M by rewrite /M ler_addl !mulr_ge0 ?exprn_ge0 ?ler0n ?addr_ge0 ?ler01.
have M0 : 0 <= M := le_trans ler01 M1.
have [| |L [D [h e]]] := @bounded_relation F compactF p d n R (fun _ j => w j) (dsubmx A) M M0.
- move=> b c L D b0 bc [X [X' [Y [hX hY hA hD]]]]; exists X, X', Y; split=> // i j /hA hij.
  exact: lt_le_trans bc.
- move=> eps0 e0; have [eps [e1 e2 e3]] := below_both e0 ltr01.
  have [B [X [Y [hX hY eB]]] hAB] := lim _ e1.
  have tX i k : ~~ t k -> dsubmx X i k = 0 by move=> nt; rewrite mxE; apply: hX; rewrite with_twins_twin.
  have bl i j : w j -> block X Y i j = B (rshift a i) j.
    by move=> wj; rewrite eB ?with_twins_twin // /block !mxE wj; apply: eq_bigr => k _; rewrite mxE.
  have [L [P [eL bL bP]]] := bounded_range (leq_trans (rank_cover tX hY cover) few).
  rewrite -/(block X Y) in eL.
  exists L, (P *m block X Y); split.
  + exists (usubmx X), (P *m dsubmx X), Y; split=> //.
    * move=> i k; rewrite /with_twins mxE; case: splitP => i' ei ns.
        by rewrite mxE; apply: hX; rewrite with_twins_other.
      by rewrite mxE big1 // => l _; rewrite tX ?mulr0.
    * move=> i j O; have := hAB (lshift p i) j; rewrite eB ?with_twins_other // !mxE => hij.
      rewrite (eq_bigr (fun k => X (lshift p i) k * Y k j)); first exact: lt_le_trans hij _.
      by move=> k _; rewrite mxE.
    * move=> i j wj; rewrite -mulmxA !mxE; apply: eq_bigr => k _; by rewrite [block X Y k j]mxE wj.
  + move=> i j wj; rewrite mulmxA -mulmxA eL bl // mxE; exact: lt_le_trans (hAB _ _) _.
  + by move=> i j; apply: le_trans (bL i j) _.
  + move=> i j; rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _.
    apply: le_trans (_ : \sum_(c < p) ((p * 2).+1%:R ^+ d * (size + 1)) <= _).
      apply: ler_sum => c _; rewrite normrM ler_pmul ?normr_ge0 //.
      rewrite [block _ _ _ _]mxE; case: ifP => wj; last by rewrite normr0 addr_ge0 ?ler01.
      have := bl c j wj; rewrite /block mxE wj => ->; rewrite -[B _ _](subrK (A (rshift a c) j)) addrC.
      by apply: le_trans (ler_norm_add _ _) _; rewrite ler_add // distrC (le_trans (ltW (hAB _ _))).
    by rewrite sumr_const card_ord -mulr_natl /M ler_addr ler01.
have [X [Y [hX hY eA]]] : masked_products (with_twins (q := d) S t) T (with_twins Omega w) (col_mx (usubmx A) D).
  apply: cl => eps e0.
  have [L' [D' [[X [X' [Y [hX hY hA hD]]]] _ nD]]] := h _ e0.
  exists (\matrix_(i, j) if with_twins (q := d) Omega w i j then (col_mx X X' *m Y) i j else col_mx (usubmx A) D i j).
    by exists (col_mx X X'), Y; split=> // i j O; rewrite mxE O.
  move=> i j; rewrite [X in _ - X]mxE; case: ifP => O; last by rewrite subrr normr0.
  move: O; rewrite /with_twins mul_col_mx ![col_mx _ _ i j]mxE; case: splitP => i' _ O; first exact: hA.
  by rewrite -hD.
exists (col_mx (usubmx X) (L *m dsubmx X)), Y; split=> //.
- move=> i k; rewrite /with_twins mxE; case: splitP => i' ei ns.
    by rewrite mxE; apply: hX; rewrite with_twins_other.
  by rewrite mxE big1 // => l _; rewrite mxE hX ?mulr0 // with_twins_twin.
move=> i j; rewrite /with_twins mul_col_mx mxE; case: splitP => i' ei O.
  have -> : i = lshift p i' by apply: val_inj.
  have := eA (lshift d i') j; rewrite with_twins_other => /(_ O).
  rewrite col_mxEu mxE => ->; rewrite !mxE; apply: eq_bigr => k _; by rewrite mxE.
have -> : i = rshift a i' by apply: val_inj.
have := e i' j O; rewrite mxE => ->; rewrite -mulmxA !mxE; apply: eq_bigr => k _; congr (_ * _).
have := eA (rshift a k) j; rewrite with_twins_twin => /(_ O).
rewrite col_mxEd => ->; rewrite !mxE; apply: eq_bigr => l _; by rewrite mxE.
Qed.
End Twins.
