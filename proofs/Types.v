(** * Rules [types] and [dense]: limits of column spaces

    Column [j] of a product [X *m Y] lies in the span [W_j] of the columns of
    [X] that [Y] may use there. When the factors diverge, these subspaces
    still have limits, for subspaces of a given dimension form a compact set
    (a Grassmannian), and column [j] of the limit [A] lies in the limit of
    [W_j]. So [A] is a product if new columns [x_k], within the supports,
    span all these limits at once. For [x_k] there is room in
    [D_k], the limit of the vectors that lie on the support of [k] and in all
    [W_j] with [k]. Rado's theorem tells what generic [x_k] in [D_k] span, and
    it only fails if many of the [D_k] are crowded into few coordinates: a
    condition on the supports alone.

    Subspaces enter as matrices [P] with bounded entries: [P] maps onto the
    subspace and leaves it as it is. Equations and bounds on ranks pass to the
    limit, and no more is needed. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness Twins Generic DualBases Rado Modulo.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Lemmas.
Variable F : numFieldType.

(** ** Equations pass to the limit *)
Lemma limit_equation m r n (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)) (Z : 'M[F]_(m, n)) :
  (forall eps, 0 < eps -> exists (X' : 'M[F]_(m, r)) (Y' : 'M[F]_(r, n)) (Z' : 'M[F]_(m, n)), [/\ forall i j, `|X i j - X' i j| < eps,
     forall i j, `|Y i j - Y' i j| < eps, forall i j, `|Z i j - Z' i j| < eps & X' *m Y' = Z']) -> X *m Y = Z.
Proof.
move=> near; apply/matrixP => i j; apply/eqP; rewrite -subr_eq0; apply/eqP/small_eq0 => eps e0.
pose M : F := 1 + (\sum_i \sum_k `|X i k| + \sum_k \sum_j `|Y k j|).
have sum0 p q (W : 'M[F]_(p, q)) : 0 <= \sum_i \sum_k `|W i k| by rewrite sumr_ge0 // => a _; rewrite sumr_ge0.
have le_sum p q (W : 'M[F]_(p, q)) a b : `|W a b| <= \sum_i \sum_k `|W i k|.
  by rewrite (bigD1 a) //= (bigD1 b) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => l _; rewrite sumr_ge0.
have M0 : 0 <= M by rewrite !addr_ge0 ?ler01.
have [d [d0 de d1 small]] := small_enough r M0 (half_gt0 e0).
have [d' [d'0 d'd d'e]] := below_both d0 (half_gt0 e0).
have [X' [Y' [Z' [hX hY hZ e]]]] := near _ d'0.
have bX a b : `|X a b| <= M.
  by apply: le_trans (le_sum _ _ X a b) _; rewrite /M addrCA ler_addl addr_ge0 ?ler01.
have bY a b : `|Y' a b| <= M.
  rewrite -[Y' a b](subrK (Y a b)); apply: le_trans (ler_norm_add _ _) _; rewrite /M ler_add //.
    by rewrite distrC (le_trans (ltW (hY _ _))) // (le_trans d'd).
  by apply: le_trans (le_sum _ _ Y a b) _; rewrite ler_addr.
have close := product_close bX bY (fun a b => le_trans (ltW (hX a b)) d'd) (fun a b => le_trans (ltW (hY a b)) d'd) M0 (ltW d0) i j.
rewrite (_ : _ - _ = ((X *m Y) i j - (X' *m Y') i j) - (Z i j - Z' i j)); last by rewrite e opprB addrA subrK.
rewrite [eps]splitr; apply: le_lt_trans (ler_norm_sub _ _) _.
by rewrite ltr_add ?(le_lt_trans close) // (lt_le_trans (hZ _ _)).
Qed.

(** ** Ranks *)
Lemma rank_compl m (Q : 'M[F]_m) d : (\rank (1%:M - Q)%R + d <= m)%N -> (d <= \rank Q)%N.
Proof.
move=> le; have := mxrank_add (1%:M - Q) Q; rewrite subrK mxrank1 => le2.
by rewrite -(leq_add2l (\rank (1%:M - Q)%R)) (leq_trans le).
Qed.

Lemma minor_rank m r d (X : 'M[F]_(m, r)) (L : 'M_(d, m)) (R : 'M_(r, d)) : \det (L *m X *m R) != 0 -> (d <= \rank X)%N.
Proof.
move=> nz; have : L *m X *m R \in unitmx by rewrite unitmxE unitfE.
rewrite -row_free_unit /row_free => /eqP <-.
by apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
Qed.

(** As many coordinates as dimensions tell the vectors of a space apart. *)
Lemma coordinates m (V : 'M[F]_m) : exists Z : {set 'I_m}, (#|Z| <= \rank V)%N /\
  forall p (u : 'M[F]_(p, m)), (forall a i, i \in Z -> (u *m V) a i = 0) -> u *m V = 0.
Proof.
pose f := maxrankfun V^T; exists [set f a | a in 'I_(\rank V^T)]; split.
  by apply: leq_trans (leq_imset_card _ _) _; rewrite card_ord mxrank_tr.
move=> p u zero; have /submxP[D eD] : (V^T <= rowsub f V^T)%MS by rewrite eq_maxrowsub.
apply: trmx_inj; rewrite trmx_mul eD -mulmxA trmx0 (_ : _ *m u^T = 0) ?mulmx0 //.
apply/matrixP => a b; rewrite [RHS]mxE -(zero b (f a)); last by apply: imset_f.
by rewrite !mxE; apply: eq_bigr => l _; rewrite !mxE mulrC.
Qed.

(** A bounded matrix that leaves the columns of [B] as they are, of no larger rank. *)
Definition bound m d : F := d%:R * (m * 2).+1%:R ^+ d.

Lemma bounded_projection m r d (B : 'M[F]_(m, r)) : (\rank B <= d)%N -> exists P : 'M[F]_m,
  [/\ P *m B = B, (\rank P <= d)%N & forall i j, `|P i j| <= bound m d].
Proof.
move=> rk; have [L [R [e bL bR]]] := bounded_range rk.
exists (L *m R); split; first by rewrite -mulmxA.
  exact: leq_trans (mxrankM_maxl _ _) (rank_leq_col _).
move=> i j; rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _.
apply: le_trans (_ : \sum_(k < d) (m * 2).+1%:R ^+ d <= _); last by rewrite sumr_const card_ord /bound mulr_natl.
by apply: ler_sum => k _; rewrite normrM -[X in _ <= X]mul1r ler_pmul.
Qed.

(** The same for independent columns: the image is their span. *)
Lemma bounded_projection_onto m d (B : 'M[F]_(m, d)) : \rank B = d -> exists Q : 'M[F]_m,
  [/\ (\rank (1%:M - Q)%R + d <= m)%N, exists G, Q = B *m G & forall i j, `|Q i j| <= bound m d].
Proof.
move=> rk; have [Q [e le bQ]] := bounded_projection (eq_leq rk).
exists Q; split=> //; first by rewrite -{1}rk; apply: mulmx0_rank_max; rewrite mulmxBl mul1mx e subrr.
have sub : (B^T <= Q^T)%MS by rewrite -{1}e trmx_mul submxMl.
have : (Q^T <= B^T)%MS by have [_ <-] := mxrank_leqif_sup sub; rewrite !mxrank_tr rk eqn_leq le -{1}rk -e mxrankM_maxl.
by case/submxP=> G eG; exists G^T; rewrite -[Q]trmxK eG trmx_mul trmxK.
Qed.
End Lemmas.

(** ** The theorem *)
Section Types.
Variable F : numFieldType.
Hypothesis compactF : compact F.
Variables (m r n : nat) (S : support m r) (T : support r n).

(** The columns of [X] that column [j] of the product is a combination of. *)
Definition used (j : 'I_n) (X : 'M[F]_(m, r)) : 'M[F]_(m, r) := \matrix_(i, k) if T k j then X i k else 0.

(** [nu j] is at least the rank of [used j X]. (What follows cannot hold for more than the generic rank.) *)
Variable nu : 'I_n -> nat.
Hypothesis nu_most : forall j (X : 'M[F]_(m, r)), respects S X -> (\rank (used j X) <= nu j)%N.

(** There are [rho k] independent vectors on the support of [k] in all spans with [k]. *)
Variable rho : 'I_r -> nat.
Hypothesis rho_room : forall k X, generic_at S X -> exists B : 'M[F]_(m, rho k),
  [/\ \rank B = rho k, forall i a, ~~ S i k -> B i a = 0 & forall j, T k j -> exists C, B = used j X *m C].

(** No set of rows is crowded. *)
Hypothesis few : forall j (Z : {set 'I_m}),
  (#|[set k | T k j && (rho k <= #|[set i in Z | S i k]|)%N]| + nu j <= #|Z| + #|[set k | T k j]|)%N.

Lemma near_product (A : 'M[F]_(m, n)) eps : limit_point (@products F m r n S T) A -> 0 < eps -> exists X Y,
  [/\ generic_at S X, respects T Y & forall i j, `|A i j - (X *m Y) i j| < eps].
Proof.
move=> lim e0; have [B [X [Y [hX hY ->]]] near] := lim _ (half_gt0 e0).
pose size : F := \sum_k \sum_j `|Y k j|.
have size0 : 0 <= size by rewrite sumr_ge0 // => k _; rewrite sumr_ge0.
have size1 : 0 < 1 + size by rewrite ltr_paddr ?ltr01.
pose d := eps / 2%:R / (1 + size).
have d0 : 0 < d by rewrite !divr_gt0 ?ltr0n.
have [X' gX' nX'] := generic_near hX d0; exists X', Y; split=> // i j.
rewrite [eps]splitr (_ : _ - _ = (A i j - (X *m Y) i j) + ((X - X') *m Y) i j); last first.
  by rewrite mulmxBl !mxE addrA subrK.
apply: le_lt_trans (ler_norm_add _ _) _; rewrite ltr_add ?near //.
rewrite mxE; apply: le_lt_trans (ler_norm_sum _ _ _) _.
apply: le_lt_trans (_ : d * size < _).
  rewrite /size mulr_sumr; apply: ler_sum => k _; rewrite normrM ler_pmul //.
    by rewrite !mxE nX'.
  by rewrite (bigD1 j) //= ler_addl sumr_ge0.
by rewrite /d mulrAC ltr_pdivr_mulr // ltr_pmul2l ?divr_gt0 ?ltr0n // ltr_addr ltr01.
Qed.

(** What is known of the subspaces: [P j] leaves column [j] of a product as it is, [Q k] leaves [rho k]
    independent vectors of [D_k] as they are and has its image in [D_k]. *)
Definition spaces (P : 'I_n -> 'M[F]_m) (Q : 'I_r -> 'M[F]_m) : Prop :=
  [/\ forall j, (\rank (P j) <= nu j)%N, forall k, (\rank (1%:M - Q k)%R + rho k <= m)%N,
      forall k i l, ~~ S i k -> Q k i l = 0 & forall k j, T k j -> P j *m Q k = Q k].

Lemma bounded_spaces : exists M : F, forall A eps, limit_point (@products F m r n S T) A -> 0 < eps ->
  exists P Q (B : 'M[F]_(m, n)), [/\ spaces P Q, forall i j, `|A i j - B i j| < eps, forall j, P j *m col j B = col j B &
    (forall j i l, `|P j i l| <= M) /\ (forall k i l, `|Q k i l| <= M)].
Proof.
exists (\sum_j bound F m (nu j) + \sum_k bound F m (rho k)) => A eps lim e0.
have bound0 d : 0 <= bound F m d by rewrite mulr_ge0 ?exprn_ge0 ?ler0n.
have [X [Y [gX hY near]]] := near_product lim e0.
have [P hP] : exists P : 'I_n -> 'M[F]_m, forall j,
    [/\ P j *m used j X = used j X, (\rank (P j) <= nu j)%N & forall i l, `|P j i l| <= bound F m (nu j)].
  apply: (@fin_all_exists _ _ (fun (j : 'I_n) (P : 'M[F]_m) => [/\ P *m used j X = used j X, (\rank P <= nu j)%N &
    forall i l, `|P i l| <= bound F m (nu j)])) => j.
  by apply: bounded_projection; apply: nu_most; case: gX.
have [Q hQ] : exists Q : 'I_r -> 'M[F]_m, forall k, [/\ (\rank (1%:M - Q k)%R + rho k <= m)%N,
    forall i l, ~~ S i k -> Q k i l = 0, forall j, T k j -> P j *m Q k = Q k & forall i l, `|Q k i l| <= bound F m (rho k)].
  apply: (@fin_all_exists _ _ (fun (k : 'I_r) (Q : 'M[F]_m) => [/\ (\rank (1%:M - Q)%R + rho k <= m)%N,
    forall i l, ~~ S i k -> Q i l = 0, forall j, T k j -> P j *m Q = Q & forall i l, `|Q i l| <= bound F m (rho k)])) => k.
  have [B [rB zB sB]] := rho_room k gX; have [Q [le [G eQ] bQ]] := bounded_projection_onto rB.
  exists Q; split=> // [i l ns|j tj].
    by rewrite eQ mxE big1 // => a _; rewrite zB ?mul0r.
  by have [C eB] := sB j tj; have [eP _ _] := hP j; rewrite eQ mulmxA {1}eB mulmxA eP -eB.
exists P, Q, (X *m Y); split=> //.
- by split=> [j|k|k|k]; [have [] := hP j | have [] := hQ k | have [] := hQ k | have [] := hQ k].
- move=> j; have -> : col j (X *m Y) = used j X *m col j Y.
    apply/matrixP => i l; rewrite !mxE; apply: eq_bigr => k _; rewrite !mxE.
    by case: ifPn => // /hY->; rewrite !mulr0.
  by have [e _ _] := hP j; rewrite mulmxA e.
split=> [j i l|k i l].
  have [_ _ b] := hP j; apply: le_trans (b i l) _; rewrite (bigD1 j) //= -addrA ler_addl.
  by rewrite addr_ge0 ?sumr_ge0.
have [_ _ _ b] := hQ k; apply: le_trans (b i l) _; rewrite addrC (bigD1 k) //= -addrA ler_addl.
by rewrite addr_ge0 ?sumr_ge0.
Qed.

Lemma limit_spaces A : limit_point (@products F m r n S T) A -> exists P Q, spaces P Q /\ forall j, P j *m col j A = col j A.
Proof.
move=> lim; have [M hM] := bounded_spaces.
pose I := [finType of ('I_n + 'I_r) * ('I_m * 'I_m)].
pose PP (v : {ffun I -> F}) j : 'M[F]_m := \matrix_(i, l) v (inl j, (i, l)).
pose QQ (v : {ffun I -> F}) k : 'M[F]_m := \matrix_(i, l) v (inr k, (i, l)).
have [||c hc] := @compact_finite F compactF I M (fun eps v => exists B : 'M[F]_(m, n), [/\ spaces (PP v) (QQ v),
    forall i j, `|A i j - B i j| < eps & forall j, PP v j *m col j B = col j B]).
- move=> d e v d0 de [B [hs near eB]]; exists B; split=> // i j; exact: lt_le_trans (near i j) de.
- move=> eps e0; have [P [Q [B [hs near eB [bP bQ]]]]] := hM A eps lim e0.
  pose v : {ffun I -> F} := [ffun a => match a.1 with inl j => P j a.2.1 a.2.2 | inr k => Q k a.2.1 a.2.2 end].
  have eP j : PP v j = P j by apply/matrixP => i l; rewrite mxE ffunE.
  have eQ k : QQ v k = Q k by apply/matrixP => i l; rewrite mxE ffunE.
  exists v; last by case=> [[j|k] [i l]]; rewrite ffunE /=.
  exists B; split=> // [|j]; last by rewrite eP.
  case: hs => h1 h2 h3 h4; split=> [j|k|k|k j]; rewrite ?eP ?eQ //; by [apply: h3 | apply: h4].
have near eps : 0 < eps -> exists v (B : 'M[F]_(m, n)), [/\ spaces (PP v) (QQ v), forall i j, `|A i j - B i j| < eps,
    forall j, PP v j *m col j B = col j B & (forall j i l, `|PP c j i l - PP v j i l| < eps) /\
    (forall k i l, `|QQ c k i l - QQ v k i l| < eps)].
  move=> /hc[v [B [hs nA eB]] nv]; exists v, B; split=> //.
  by split=> [j i l|k i l]; rewrite !mxE nv.
exists (PP c), (QQ c); split; first split.
- move=> j; apply: rank_closed => eps /near[v [B [[h _ _ _] _ _ [nP _]]]].
  by exists (PP v j).
- move=> k; have [v [B [[_ h _ _] _ _ _]]] := near _ ltr01.
  have rm : (rho k <= m)%N := leq_trans (leq_addl _ _) (h k).
  suff le : (\rank (1%:M - QQ c k)%R <= m - rho k)%N by rewrite (leq_trans (leq_add le (leqnn _))) // subnK.
  apply: (@rank_closed F m m (m - rho k)) => eps /near[w [B' [[_ h' _ _] _ _ [_ nQ]]]].
  exists (1%:M - QQ w k); first by rewrite -(leq_add2r (rho k)) subnK.
  by move=> i l; have := nQ k i l; rewrite distrC !mxE opprB [X in _ -> `|X| < _]addrC addrA subrK.
- move=> k i l ns; apply: small_eq0 => eps /near[v [B [[_ _ h _] _ _ [_ nQ]]]].
  by have := nQ k i l; rewrite (h k i l ns) subr0.
- move=> k j tj; apply: limit_equation => eps /near[v [B [[_ _ _ h] _ _ [nP nQ]]]].
  by exists (PP v j), (QQ v k), (QQ v k); split=> //; apply: h.
move=> j; apply: limit_equation => eps /near[v [B [_ nA eB [nP _]]]].
by exists (PP v j), (col j B), (col j B); split=> // i l; rewrite !mxE.
Qed.

(** Rado's condition. *)
Lemma enough_room P Q j : spaces P Q -> exists X : 'M[F]_(r, m),
  [/\ forall k, (row k X <= (Q k)^T)%MS, forall k, ~~ T k j -> row k X = 0 & (nu j <= \rank X)%N].
Proof.
case=> _ rQ zQ _; have [|X [h1 h2 h3]] := @rado F m r (fun k => (Q k)^T) [set k | T k j] (nu j); last first.
  by exists X; split=> // k nt; apply: h2; rewrite inE.
move=> K' sub; set V := (\sum_(k in K') _)%MS.
have [Z [Zs Zi]] := coordinates V.
apply: leq_trans (_ : #|Z| + #|[set k | T k j]| <= _)%N; last by rewrite leq_add2r.
apply: leq_trans (few j Z); rewrite leq_add2r; apply: subset_leq_card; apply/subsetP => k kK.
have := subsetP sub k kK; rewrite !inE => -> /=.
apply: leq_trans (rank_compl (rQ k)) _.
pose W : 'M[F]_m := \matrix_(a, i) if i \in Z then Q k i a else 0.
apply: leq_trans (_ : \rank W <= _)%N; last first.
  rewrite -mxrank_tr; apply: rank_rows => i; rewrite inE => ns; apply/matrixP => a b; rewrite !mxE.
  by case: ifP ns => //= _ /(zQ k) ->.
have /submxP[D eD] : ((Q k)^T <= V)%MS by apply: (sumsmx_sup k).
have zero : kermx W *m (Q k)^T = 0.
  rewrite eD mulmxA; apply: Zi => a i iZ; rewrite -mulmxA -eD.
  have := congr1 (fun M : 'M_m => M a i) (mulmx_ker W); rewrite [in RHS]mxE => <-.
  by rewrite mxE [in RHS]mxE; apply: eq_bigr => l _; congr (_ * _); rewrite !mxE iZ.
have := mulmx0_rank_max zero; rewrite mxrank_ker mxrank_tr => le.
by rewrite -(leq_add2l (m - \rank W)) (leq_trans le) // subnK ?rank_leq_row.
Qed.

Theorem types : closed (@products F m r n S T).
Proof.
move=> A /limit_spaces[P [Q [hs eA]]].
have [rP rQ zQ PQ] := hs.
pose X (C : 'M[F]_(m, r)) : 'M[F]_(m, r) := \matrix_(i, k) (Q k *m C) i k.
have used_linear j (u v : 'M[F]_(m, r)) t : used j (u + t *: v) = used j u + t *: used j v.
  by apply/matrixP => i k; rewrite !mxE; case: ifP => _; rewrite ?mulr0 ?addr0.
have X_linear u v t : X (u + t *: v) = X u + t *: X v.
  apply/matrixP => i k; rewrite !mxE mulr_sumr -big_split; apply: eq_bigr => l _ /=.
  by rewrite !mxE mulrDr mulrCA.
have usedX j u v t : used j (X (u + t *: v)) = used j (X u) + t *: used j (X v) by rewrite X_linear used_linear.
have [fam hfam] : exists fam : 'I_n -> 'M[F]_(m, r) -> F, forall j,
    [/\ polynomial_on_lines (fam j), exists C, fam j C != 0 & forall C, fam j C != 0 -> (nu j <= \rank (used j (X C)))%N].
  apply: (@fin_all_exists _ _ (fun (j : 'I_n) (f : 'M[F]_(m, r) -> F) =>
    [/\ polynomial_on_lines f, exists C, f C != 0 & forall C, f C != 0 -> (nu j <= \rank (used j (X C)))%N])) => j.
  have [Z [hZ zZ rZ]] := enough_room j hs.
  have [D hD] : exists D : 'I_r -> 'rV[F]_m, forall k, row k Z = D k *m (Q k)^T.
    by apply: (@fin_all_exists _ _ (fun k (D : 'rV[F]_m) => row k Z = D *m (Q k)^T)) => k; apply/submxP.
  pose C : 'M[F]_(m, r) := \matrix_(i, k) D k 0 i.
  have eZ : used j (X C) = Z^T.
    apply/matrixP => i k; rewrite !mxE; case: ifP => tk; last first.
      by have := congr1 (fun M : 'rV_m => M 0 i) (zZ k (negbT tk)); rewrite !mxE.
    have := congr1 (fun M : 'rV_m => M 0 i) (hD k); rewrite !mxE => ->.
    by apply: eq_bigr => l _; rewrite !mxE mulrC.
  rewrite -mxrank_tr -eZ in rZ; have [L [R e]] := rank_minor rZ.
  exists (fun C => \det (L *m used j (X C) *m R)); split.
  - apply: (det_affine_on_lines (psi := fun C => L *m used j (X C) *m R)) => u v t.
    by rewrite usedX mulmxDr mulmxDl -scalemxAr -scalemxAl.
  - by exists C; rewrite e det1 oner_eq0.
  by move=> C' /minor_rank.
have [||j _|j _|C _ hC] := @common_point F _ (fun _ : 'M[F]_(m, r) => True) _ (enum 'I_n) fam 0.
- by [].
- by [].
- by have [] := hfam j.
- by have [_ [C nz] _] := hfam j; exists C.
have rk j : (nu j <= \rank (used j (X C)))%N.
  by have [_ _] := hfam j; apply; apply: hC; rewrite mem_enum.
have [y hy] : exists y : 'I_n -> 'cV[F]_r, forall j, col j A = used j (X C) *m y j.
  apply: (@fin_all_exists _ _ (fun j (y : 'cV[F]_r) => col j A = used j (X C) *m y)) => j.
  have e : P j *m used j (X C) = used j (X C).
    apply/matrixP => i k; rewrite [RHS]mxE; case: ifP => tk; last first.
      by rewrite mxE big1 // => l _; rewrite [used _ _ _ _]mxE tk mulr0.
    transitivity ((P j *m (Q k *m C)) i k); last by rewrite mulmxA (PQ k j tk) [RHS]mxE.
    by rewrite mxE [in RHS]mxE; apply: eq_bigr => l _; congr (_ * _); rewrite mxE tk mxE.
  have sub : ((used j (X C))^T <= (P j)^T)%MS by rewrite -{1}e trmx_mul submxMl.
  have : ((P j)^T <= (used j (X C))^T)%MS.
    have [_ <-] := mxrank_leqif_sup sub; rewrite !mxrank_tr eqn_leq (leq_trans (rP j)) //.
    by rewrite -{1}e mxrankM_maxl.
  move/(submx_trans _) => /(_ _ (col j A)^T)/(_ _)/submxP[|D eD].
    by rewrite -(eA j) trmx_mul submxMl.
  by exists D^T; apply: trmx_inj; rewrite eD trmx_mul trmxK.
pose Y : 'M[F]_(r, n) := \matrix_(k, j) if T k j then y j k 0 else 0.
have YE k j : Y k j = if T k j then y j k 0 else 0 by rewrite mxE.
exists (X C), Y; split=> [i k ns|k j nt|].
- by rewrite mxE mxE big1 // => l _; rewrite zQ ?mul0r.
- by rewrite YE (negbTE nt).
apply/matrixP => i j; have := congr1 (fun M : 'cV_m => M i 0) (hy j); rewrite mxE => ->.
by rewrite mxE [in RHS]mxE; apply: eq_bigr => k _; rewrite [used _ _ _ _]mxE YE; case: ifP => _; rewrite ?mul0r ?mulr0.
Qed.
End Types.
