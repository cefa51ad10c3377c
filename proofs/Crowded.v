(** * Rule [dense], not closed: a crowded set of rows

    Let [X] be generic on a support and divide its rows in [Z] by a number that
    tends to 0. Its column space has a limit: what the columns span on [Z], and
    the combinations of them that vanish on [Z]. When is it spanned by vectors
    on the supports [I_k] of the hidden indices again?

    Suppose it is. The vectors may be taken pure (Laplace's expansion): for
    each [k] either one on [Z], or a combination of the columns of [X] on
    [I_k] without [Z], with coefficients [q_k]. So one asks which columns [l] a
    combination on [I_k] without [Z] can use at all; say then that [k] depends
    on [l]. For generic [X] this relation is transitive: add to column [l] of
    [X] a combination that [l] depends on; the column space stays the same, but
    its coordinates change, and those of [k] get what those of [l] have. The
    coefficients [q_k] have to be independent, which they are not if some [k]
    among them does not depend on itself. But that is so if [I_k] has
    [rho_k] rows in [Z] or more, where [rho_k] is the dimension of the part of
    the column space on [I_k]. There is such a [k] if there are more than [#|Z|]
    hidden indices with so many rows in [Z]: if [Z] is crowded. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Generic Frames DualBases Types TermRank.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** ** One column more *)
Section Column.
Variables (F : fieldType) (m r : nat).
Implicit Types (X : 'M[F]_(m, r)) (c : 'cV[F]_r).

(** A column that takes part in a relation is a combination of the others, *)
Lemma rank_without X c l : X *m c = 0 -> c l 0 != 0 -> (\rank X <= \rank (X *m keep F [set~ l]))%N.
Proof.
move=> z nz; rewrite -(mxrank_tr X) -(mxrank_tr (X *m _)); apply: mxrankS; apply/submxP.
exists (1%:M - (c l 0)^-1 *: (c *m delta_mx 0 l))^T; rewrite -trmx_mul; congr trmx.
have e : X *m keep F [set~ l] *m c = - (c l 0 *: col l X).
  have -> : keep F [set~ l] = 1%:M - keep F [set l] by rewrite -(keepC F [set l]) addrC addKr.
  rewrite mulmxBr mulmx1 mulmxBl z sub0r; congr (- _); apply/matrixP => i j; rewrite !ord1 !mxE (bigD1 l) //=.
  rewrite keep_columns inE eqxx mulrC big1 ?addr0 // => a ne.
  by rewrite keep_columns inE (negbTE ne) mul0r.
rewrite mulmxBr mulmx1 -scalemxAr mulmxA e mulNmx scalerN -scalemxAl scalerA mulVf // scale1r opprK.
apply/matrixP => i k; rewrite [RHS]mxE keep_columns !inE mxE big_ord1 !mxE eqxx /=.
by case: eqP => [->|_]; rewrite ?mulr1 ?add0r // mulr0 addr0.
Qed.

(** and the other way round. *)
Lemma relation X l : (\rank X <= \rank (X *m keep F [set~ l]))%N ->
  exists2 c : 'cV[F]_r, X *m c = 0 & c l 0 = 1.
Proof.
rewrite -(mxrank_tr X) -(mxrank_tr (X *m _)) trmx_mul keep_tr => /rank_undo[D eD].
have eX : X = X *m keep F [set~ l] *m D^T.
  by apply: trmx_inj; rewrite !trmx_mul trmxK keep_tr.
pose c := delta_mx l 0 - keep F [set~ l] *m col l D^T : 'cV[F]_r.
exists c; last by rewrite /c mxE [X in _ + X]mxE keep_rows !inE !mxE !eqxx subr0.
by rewrite mulmxBr mulmxA -colE {1}eX !colE mulmxA subrr.
Qed.
End Column.

(** ** Dependence *)
Section Dependence.
Variable F : numFieldType.
Variables (m r : nat) (S : support m r) (X : 'M[F]_(m, r)).
Hypothesis generic_X : generic_ranks S X.

(** The columns that take part in a relation on the rows [Z]. *)
Definition related (Z : {set 'I_m}) : {set 'I_r} := [set l | \rank (part Z setT X) <= \rank (part Z [set~ l] X)]%N.

Lemma relatedP Z l : reflect (exists2 c : 'cV[F]_r, keep F Z *m X *m c = 0 & c l 0 = 1) (l \in related Z).
Proof.
rewrite inE /part keepT mulmx1; apply: (iffP idP) => [/relation //|[c z cl]].
by apply: rank_without z _; rewrite cl oner_eq0.
Qed.

(** A relation of other columns shows it, too, if they have no smaller rank on these rows. *)
Lemma relatedI (X' : 'M[F]_(m, r)) Z (c : 'cV[F]_r) l : respects S X' -> (\rank (keep F Z *m X) <= \rank (keep F Z *m X'))%N ->
  keep F Z *m X' *m c = 0 -> c l 0 != 0 -> l \in related Z.
Proof.
move=> hX' le z nz; rewrite inE {1}/part keepT mulmx1; apply: leq_trans le _.
by apply: leq_trans (rank_without z nz) _; apply: generic_X.2.
Qed.

Definition rows_of k : {set 'I_m} := [set i | S i k].

Variable Z : {set 'I_m}.

(** The rows in which a combination on the rows of [k] without [Z] vanishes. *)
Definition outside k : {set 'I_m} := ~: rows_of k :|: Z.

(** [k] depends on [l]. *)
Definition depends k l : bool := l \in related (outside k).

Lemma depends_trans k l p : depends k l -> depends l p -> depends k p.
Proof.
have [hX _] := generic_X; rewrite /depends => /relatedP[c zc cl] /relatedP[c1 zc1 c1p].
pose b : F := if c1 l 0 == - 1 then 2%:R else 1; pose c' := b *: c1; pose a := c' l 0.
have b0 : b != 0 by rewrite /b; case: ifP => _; rewrite ?oner_eq0 ?pnatr_eq0.
have a1 : 1 + a != 0.
  rewrite /a mxE /b; case: (c1 l 0 =P - 1) => [->|ne]; last by rewrite mul1r addrC addr_eq0; apply/eqP.
  by rewrite mulrN1 [2%:R]mulr2n opprD addrA subrr add0r oppr_eq0 oner_eq0.
have zc' : keep F (outside l) *m X *m c' = 0 by rewrite -scalemxAr zc1 scaler0.
pose e := delta_mx 0 l : 'rV[F]_r; pose t := (1 + a)^-1.
have ec' : e *m c' = a%:M by apply/matrixP => i j; rewrite !ord1 /e -rowE [LHS]mxE [RHS]mxE eqxx mulr1n.
have ta : 1 - t * a = t by apply/eqP; rewrite subr_eq -[X in X + _]mulr1 -mulrDr /t mulVf.
pose X' := X *m (1%:M + c' *m e).
have hX' : respects S X'.
  move=> i j ns; rewrite /X' mulmxDr mulmx1 mulmxA mxE hX // add0r [LHS]mxE big_ord1 [e _ _]mxE eqxx /=.
  case: eqP => [jl|_]; last by rewrite mulr0.
  have := congr1 (fun M : 'cV_m => M i 0) zc'; rewrite -mulmxA keep_rows !inE -jl ns /= [in RHS]mxE => ->.
  by rewrite mul0r.
have back : X' *m (1%:M - t *: (c' *m e)) = X.
  rewrite -mulmxA (_ : _ *m _ = 1%:M) ?mulmx1 // mulmxDl mul1mx mulmxBr mulmx1 -scalemxAr -mulmxA [e *m _]mulmxA ec'.
  by rewrite mul_scalar_mx -scalemxAr scalerA -[X in _ + (X - _)]scale1r -scalerBl ta subrK.
pose d := c - t *: c'.
have X'd : X' *m d = X *m c.
  rewrite -mulmxA; congr (_ *m _); rewrite mulmxDl mul1mx -mulmxA /d mulmxBr -scalemxAr ec'.
  have -> : e *m c = 1%:M by apply/matrixP => i j; rewrite !ord1 /e -rowE !mxE cl eqxx.
  by rewrite scale_scalar_mx -raddfB /= ta mul_mx_scalar subrK.
have [cp|cp] := eqVneq (c p 0) 0; last exact: relatedI hX (leqnn _) zc cp.
apply: (relatedI (c := d) hX').
- by rewrite -{1}back mulmxA mxrankM_maxl.
- by rewrite -mulmxA X'd mulmxA.
by rewrite !mxE cp sub0r oppr_eq0 c1p mulr1 mulf_neq0 // invr_eq0.
Qed.

(** With many rows in [Z], [k] does not depend on itself. *)
Lemma not_on_itself k : (r - \rank (keep F (~: rows_of k) *m X) <= #|Z :&: rows_of k|)%N -> ~~ depends k k.
Proof.
have [hX gX] := generic_X; apply: contraL; rewrite /depends => dep; rewrite -ltnNge.
pose W := Z :&: rows_of k; pose B := part (outside k) [set~ k] X; pose e := delta_mx 0 k : 'rV[F]_r.
have spanned : (keep F W <= B^T)%MS.
  apply/row_subP => i; rewrite row_diag_mx mxE; have [iW|_] := boolP (i \in W); last by rewrite scale0r sub0mx.
  rewrite scale1r; pose u := delta_mx i 0 : 'cV[F]_m; pose X' := X + u *m e.
  have ue : u *m e = u *m e *m keep F [set k].
    by rewrite -mulmxA; congr (_ *m _); apply/matrixP => a b; rewrite keep_columns inE !mxE; case: (b == k); rewrite ?andbF.
  have hX' : respects S X'.
    move=> a b ns; rewrite /X' mxE hX // add0r mxE big_ord1 !mxE eqxx /= andbT.
    case: eqP => [ai|_]; last by rewrite mul0r.
    case: eqP => [bk|_]; last by rewrite mulr0.
    by move: iW; rewrite !inE -ai -bk (negbTE ns) andbF.
  have same : part (outside k) [set~ k] X' = B.
    rewrite /part /X' mulmxDr mulmxDl -/(part _ _ X) -/B ue mulmxA -mulmxA keepI.
    by rewrite (_ : _ :&: _ = set0) ?keep0 ?mulmx0 ?addr0 // setICr.
  have [|c' zc' c'k] := @relation F m r (keep F (outside k) *m X') k.
    rewrite -/(part _ _ X') same; move: dep; rewrite inE; apply: leq_trans.
    by rewrite -[keep F _ *m X']mulmx1 -(keepT F r); apply: gX.
  have /relatedP[c zc ck] := dep; apply/submxP; exists (c - c')^T; rewrite -trmx_mul.
  have ucol : keep F (outside k) *m u = u.
    apply/matrixP => a b; rewrite keep_rows !mxE; case: ifPn => //; case: eqP => // -> /negP[].
    by move: iW; rewrite !inE => /andP[-> _]; rewrite orbT.
  have inner : keep F [set~ k] *m (c - c') = c - c'.
    apply/matrixP => a b; rewrite keep_rows !inE; case: eqP => //= ->; by rewrite !mxE !ord1 ck c'k subrr.
  have ec' : e *m c' = 1%:M by apply/matrixP => a b; rewrite !ord1 /e -rowE !mxE c'k eqxx.
  have zu : keep F (outside k) *m X *m c' + u = 0.
    by rewrite -[RHS]zc' /X' mulmxDr mulmxDl -mulmxA -(mulmxA _ (u *m e)) -(mulmxA u) ec' mulmx1 ucol mulmxA.
  have eB : B *m (c - c') = u.
    by rewrite /B /part -mulmxA inner mulmxBr zc sub0r; apply/eqP; rewrite eqr_oppLR -addr_eq0 zu.
  by rewrite eB trmx_delta.
have sub : keep F (~: rows_of k) *m X = keep F (~: W) *m B.
  apply/matrixP => i j; rewrite !keep_rows partE !inE; have [s|ns] /= := boolP (S i k).
    by rewrite andbT; case: (i \in Z); rewrite ?andbF.
  by rewrite andbF /=; case: eqP => // ->; apply: hX.
have le : (\rank (keep F (~: W) *m B) + #|W| <= \rank B)%N.
  rewrite -(rank_keep F W) -(mxrank_tr (_ *m B)) trmx_mul keep_tr -[X in (_ <= X)%N]mxrank_tr.
  rewrite -(mxrank_mul_ker B^T (keep F (~: W))) leq_add2l; apply: mxrankS; rewrite sub_capmx spanned.
  by apply/sub_kermxP; rewrite keepI setICr keep0.
rewrite sub ltn_subRL; apply: leq_ltn_trans le _; apply: leq_ltn_trans (mxrankM_maxr _ _) _.
by rewrite rank_keep cardsC1 card_ord ltn_predL (leq_ltn_trans _ (ltn_ord k)).
Qed.

(** ** No matrix on the support has the limit as column space *)

(** Rows in [Z], and combinations that vanish there. *)
Hypothesis crowded : (#|Z| < #|[set k | r - \rank (keep F (~: rows_of k) *m X) <= #|Z :&: rows_of k|]%N|)%N.

(** Coefficients [Q]: those of [k] in [R2] give a combination on [I_k] without [Z], those of the others
    a vector on [I_k] in the rows [Z]; there are not more of the latter than dimensions on [Z]. *)
Lemma not_pure (Q : 'M[F]_r) (R2 : {set 'I_r}) : Q \in unitmx ->
  (forall k, k \in R2 -> keep F (outside k) *m X *m col k Q = 0) -> respects S (keep F Z *m X *m Q) ->
  (#|~: R2| <= \rank (keep F Z *m X))%N -> False.
Proof.
move=> unitQ inR2 hXQ leR1; have [hX gX] := generic_X; set XZ := keep F Z *m X in hXQ leR1 *.
have zR2 k : k \in R2 -> XZ *m col k Q = 0.
  move=> /inR2 z; have -> : XZ = keep F Z *m (keep F (outside k) *m X); last by rewrite -mulmxA z mulmx0.
  by rewrite mulmxA keepI; congr (keep F _ *m _); apply/setP => i; rewrite !inE; case: (i \in Z); rewrite ?orbT.
(* the columns of X outside R2 are independent on Z *)
have ind (w : 'cV[F]_r) : XZ *m w = 0 -> keep F R2 *m w = 0 -> w = 0.
  move=> zw z2; have eXQ : XZ *m Q = part Z (~: R2) (XZ *m Q).
    apply/matrixP => i k; rewrite partE inE; have [kR2|_] := boolP (k \in R2); rewrite ?andbF ?andbT.
      have -> : (XZ *m Q) i k = (XZ *m col k Q) i 0 by rewrite colE mulmxA -colE [RHS]mxE.
      by rewrite zR2 // mxE.
    by rewrite /XZ -mulmxA keep_rows; case: (i \in Z).
  have ew : w = keep F (~: R2) *m w by rewrite -{1}[w]mul1mx -(keepC F R2) mulmxDl z2 add0r.
  rewrite ew; apply: (independent (X := XZ)); last by rewrite -mulmxA -ew.
  by apply: leq_trans (gX _ Z (~: R2) hXQ); rewrite -eXQ mxrankMfree ?row_free_unit.
have leZ : (\rank XZ <= #|Z|)%N by rewrite -(rank_keep F Z) mxrankM_maxl.
(* one of the hidden indices with many rows in Z is in R2 *)
have [k0 many k0R2] : exists2 k, (r - \rank (keep F (~: rows_of k) *m X) <= #|Z :&: rows_of k|)%N & k \in R2.
  have /subsetPn[k] : ~~ ([set k | r - \rank (keep F (~: rows_of k) *m X) <= #|Z :&: rows_of k|]%N \subset ~: R2).
    apply: contraL crowded => /subset_leq_card sub; rewrite -leqNgt.
    exact: leq_trans sub (leq_trans leR1 leZ).
  by rewrite !inE negbK => many kR2; exists k.
have dep k l : k \in R2 -> Q l k != 0 -> depends k l.
  by move=> /inR2 z nz; apply: (relatedI hX (leqnn _) z); rewrite mxE.
(* those that it depends on, in R2, are one fewer than the coefficients in them *)
pose U := [set l in R2 | depends k0 l]; have k0U : k0 \notin U by rewrite inE (negbTE (not_on_itself many)) andbF.
have inside_U k l : k \in k0 |: U -> Q l k != 0 -> depends k0 l.
  rewrite !inE => /orP[/eqP->|/andP[kR2 k0k]] nz; first exact: dep.
  exact: depends_trans k0k (dep _ _ kR2 nz).
have UR2 k : k \in k0 |: U -> k \in R2 by rewrite !inE => /orP[/eqP->|/andP[]].
have : (\rank (Q *m keep F (k0 |: U)) <= \rank (keep F U *m (Q *m keep F (k0 |: U))))%N.
  apply: rank_kernel => w z; apply: ind.
    rewrite !mulmxA (_ : XZ *m Q *m keep F (k0 |: U) = 0) ?mul0mx //; apply/matrixP => i k.
    rewrite keep_columns [RHS]mxE; case: ifP => // /UR2 kR2.
    by have := congr1 (fun M : 'cV_m => M i 0) (zR2 k kR2); rewrite colE mulmxA -colE [col _ _ i 0]mxE => ->; rewrite mxE.
  apply/matrixP => l j; rewrite keep_rows [RHS]mxE; case: ifP => // lR2; have [k0l|no] := boolP (depends k0 l).
    by have /matrixP/(_ l j) := z; rewrite -mulmxA keep_rows inE lR2 k0l /= => ->; rewrite mxE.
  rewrite mxE big1 // => k _; rewrite keep_columns; case: ifP => kU; last by rewrite mul0r.
  by have [->|/(inside_U _ _ kU)] := eqVneq (Q l k) 0; rewrite ?mul0r // (negbTE no).
rewrite leqNgt => /negP[]; apply: leq_ltn_trans (mxrankM_maxl _ _) _.
by rewrite (eqmxMfull (keep F _)) ?row_full_unit // !rank_keep cardsU1 k0U.
Qed.
End Dependence.

(** ** Pure columns

    The determinant is linear in each column: of a sum of two, one of the summands will do. *)
Lemma pure_columns (F : fieldType) n (A B : 'M[F]_n) : A + B \in unitmx ->
  exists R : {set 'I_n}, A *m keep F R + B *m keep F (~: R) \in unitmx.
Proof.
pose M (s : seq 'I_n) (R : {set 'I_n}) : 'M[F]_n :=
  \matrix_(i, k) (if k \in s then if k \in R then A i k else B i k else A i k + B i k).
move=> unit; suff [R nz] : exists R, \det (M (enum 'I_n) R) != 0.
  exists R; rewrite unitmxE unitfE; apply: contraNneq nz => <-; apply/eqP; congr (\det _); apply/matrixP => i k.
  by rewrite [LHS]mxE [RHS]mxE mem_enum !keep_columns !inE; case: (k \in R); rewrite ?addr0 ?add0r.
elim: (enum _) => [|k0 s [R nz]].
  exists set0; suff -> : M [::] set0 = A + B by rewrite -unitfE -unitmxE.
  by apply/matrixP => i k; rewrite !mxE.
have [k0s|new] := boolP (k0 \in s).
  exists R; suff -> : M (k0 :: s) R = M s R by [].
  by apply/matrixP => i k; rewrite !mxE /= inE; case: eqP => // ->; rewrite k0s.
have : \det (M s R)^T = 1 * \det (M (k0 :: s) (k0 |: R))^T + 1 * \det (M (k0 :: s) (R :\ k0))^T.
  apply: (determinant_multilinear (i0 := k0)); last 2 first.
  - apply/matrixP => a i; rewrite !mxE /= !inE eq_sym (negbTE (neq_lift k0 a)); by [].
  - apply/matrixP => a i; rewrite !mxE /= !inE eq_sym (negbTE (neq_lift k0 a)); by [].
  by apply/rowP => i; rewrite !mxE /= !inE !eqxx (negbTE new) !mul1r.
rewrite !det_tr !mul1r => e; have [z|z] := eqVneq (\det (M (k0 :: s) (k0 |: R))) 0; last by exists (k0 |: R).
by exists (R :\ k0); apply: contraNneq nz => z'; rewrite e z z' addr0.
Qed.

(** ** The limit *)
Section Limit.
Variable F : numFieldType.
Variables (m r n : nat) (S : support m r) (T : support r n) (Z : {set 'I_m}).
Variables (X : 'M[F]_(m, r)) (Y Y' : 'M[F]_(r, n)).
Hypotheses (hX : respects S X) (hY : respects T Y) (hY' : respects T Y') (zero : keep F Z *m X *m Y = 0).

(** The rows of [X] in [Z] are divided by [t], and [t *: Y'] is added to [Y]. *)
Theorem row_block_limit : limit_point (products S T) (keep F Z *m X *m Y' + X *m Y).
Proof.
move=> eps e0; pose size : F := 1 + \sum_i \sum_j `|(X *m Y') i j|.
have sum0 : 0 <= \sum_i \sum_j `|(X *m Y') i j| by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have size0 : 0 < size by rewrite ltr_paddr ?ltr01.
pose t := eps / size; have t0 : 0 < t by rewrite divr_gt0.
pose Xt := t^-1 *: (keep F Z *m X) + keep F (~: Z) *m X.
exists (Xt *m (Y + t *: Y')) => [|i j].
  exists Xt, (Y + t *: Y'); split=> // [i k ns|k j ns]; last by rewrite !mxE hY ?hY' ?mulr0 ?addr0.
  by rewrite mxE [X in X + _]mxE !keep_rows hX // !if_same mulr0 addr0.
have eX : X = keep F Z *m X + keep F (~: Z) *m X by rewrite -mulmxDl keepC mul1mx.
have -> : Xt *m (Y + t *: Y') = keep F Z *m X *m Y' + X *m Y + t *: (keep F (~: Z) *m X *m Y').
  rewrite [in X *m Y]eX !mulmxDl !mulmxDr zero -!scalemxAl zero scaler0 !add0r -!scalemxAr scalerA.
  by rewrite mulVf ?gt_eqF // scale1r addrA.
rewrite [X in _ - X]mxE opprD addrA subrr sub0r normrN mxE normrM (gtr0_norm t0) -mulmxA keep_rows.
rewrite /t mulrAC ltr_pdivr_mulr // ltr_pmul2l //; apply: le_lt_trans (_ : `|(X *m Y') i j| < _).
  by case: ifP => _; rewrite ?normr0.
rewrite /size (bigD1 i) //= (bigD1 j) //= -[X in 1 + X]addrA [X in _ < X]addrCA ltr_addl ltr_paddr ?ltr01 //.
by rewrite addr_ge0 ?sumr_ge0 // => a _; rewrite sumr_ge0.
Qed.
End Limit.

(** ** The theorems *)
Section NotClosed.
Variable F : numFieldType.
Variables (m r n : nat) (S : support m r).

(** The dimension of the part on the rows of [k] of the column space of a generic matrix: if that has rank
    [r], the combinations of its columns that vanish in the other rows. *)
Definition room_of k : nat := r - term_rank (inside S (~: rows_of S k) setT).

(** More hidden indices have as many rows as that in [Z] than [Z] has rows. *)
Definition crowded (Z : {set 'I_m}) : bool := (#|Z| < #|[set k | room_of k <= #|Z :&: rows_of S k|]%N|)%N.

Lemma room_of_generic (X : 'M[F]_(m, r)) k : generic_at S X -> \rank (keep F (~: rows_of S k) *m X) = (r - room_of k)%N.
Proof.
move=> gX; rewrite -[keep F _ *m X]mulmx1 -(keepT F r) -/(part _ _ X) (rank_generic _ _ gX) subKn //.
by rewrite -(rank_generic (~: rows_of S k) setT gX) rank_leq_col.
Qed.

(** A limit of rank [r] that spreads over [Z] as above: no support of the other factor helps. *)
Theorem row_block (T : support r n) Z (X : 'M[F]_(m, r)) (Y Y' : 'M[F]_(r, n)) : crowded Z -> generic_at S X ->
  respects T Y -> respects T Y' -> keep F Z *m X *m Y = 0 -> \rank (keep F Z *m X *m Y' + X *m Y)%R = r ->
  ~ closed (@products F m r n S T).
Proof.
move=> many gX hY hY' zero rA cl; have [hX _] := gX; set XZ := keep F Z *m X in zero rA *.
have [X1 [Y1 [hX1 _ eA]]] := cl _ (row_block_limit hX hY hY' zero); rewrite -/XZ in eA.
have [Q' eQ'] := full_right rA eA; pose G := Y' *m Q'; pose H := Y *m Q'.
have eX1 : X1 = XZ *m G + X *m H by rewrite -[LHS]mulmx1 -eQ' mulmxA -eA mulmxDl !mulmxA.
have zH : XZ *m H = 0 by rewrite mulmxA zero mul0mx.
pose E := pinvmx XZ *m XZ; have XE : XZ *m E = XZ by rewrite mulmxA mulmxKpV.
have [|R2] := @pure_columns F r H (E *m G).
  rewrite -row_full_unit; apply/eqP/anti_leq; rewrite rank_leq_col /= -{1}rA eA.
  apply: leq_trans (mxrankM_maxl _ _) (rank_kernel _) => w z.
  have zG : XZ *m (G *m w) = 0.
    by have := congr1 (mulmx XZ) z; rewrite mulmx0 mulmxDl mulmxDr (mulmxA XZ H) zH mul0mx add0r -(mulmxA E) (mulmxA XZ E) XE.
  have zHw : H *m w = 0 by move: z; rewrite mulmxDl -(mulmxA E) -(mulmxA _ XZ) zG mulmx0 addr0.
  by rewrite eX1 mulmxDl -(mulmxA XZ) zG add0r -(mulmxA X) zHw mulmx0.
set Q := _ + _ => unitQ.
have Qin k : k \in R2 -> col k Q = col k H.
  by move=> kR2; apply/matrixP => i j; rewrite mxE [RHS]mxE mxE !keep_columns inE kR2 addr0.
have XZQ : XZ *m Q = XZ *m G *m keep F (~: R2) by rewrite mulmxDr (mulmxA XZ) zH mul0mx add0r (mulmxA XZ) (mulmxA XZ E) XE.
have XZE (N : 'M[F]_r) i k : i \in Z -> (XZ *m N) i k = (X *m N) i k by move=> iZ; rewrite -mulmxA keep_rows iZ.
apply: (not_pure (generic_at_ranks gX) (Z := Z) _ unitQ (R2 := R2)).
- apply: leq_trans many _; apply: subset_leq_card; apply/subsetP => k; rewrite !inE room_of_generic //.
  by rewrite subKn // /room_of leq_subr.
- move=> k kR2; rewrite (Qin k kR2) colE -mulmxA [X *m _]mulmxA -colE; apply/matrixP => i j.
  rewrite keep_rows !inE [RHS]mxE mxE; case: ifP => // out.
  have [iZ|nZ] := boolP (i \in Z); first by rewrite -XZE // zH mxE.
  by move: out; rewrite (negbTE nZ) orbF => ns; rewrite -(hX1 i k ns) eX1 [RHS]mxE -(mulmxA (keep F Z)) keep_rows (negbTE nZ) add0r.
- move=> i k ns; rewrite XZQ keep_columns inE; case: ifP => // _; rewrite -mulmxA keep_rows; case: ifP => // iZ.
  have := hX1 i k ns; rewrite eX1 mxE -[(X *m H) i k]XZE // zH [(0 : 'M_(m, r)) i k]mxE addr0.
  by rewrite -mulmxA keep_rows iZ.
apply: leq_trans (_ : \rank (Q *m keep F (~: R2)) <= _)%N.
  by rewrite (eqmxMfull (keep F _)) ?row_full_unit // rank_keep.
rewrite mulmxDl -[H *m _ *m _]mulmxA -(mulmxA _ (keep F _)) !keepI setICr keep0 mulmx0 add0r setIid -(mulmxA E).
by apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
Qed.

(** Theorem 3: with a second factor without zeros such limits of rank [r] are there. *)
Theorem dense_not_closed Z : (r <= n)%N -> term_rank S = r -> crowded Z -> ~ closed (@products F m r n S (@all_cells r n)).
Proof.
move=> rn full many; have [X gX] := @generic_matrix F m r S; set XZ := keep F Z *m X.
pose P := 1%:M - pinvmx XZ *m XZ; pose E : 'M[F]_(r, n) := pid_mx r.
have zP : XZ *m P = 0 by rewrite mulmxBr mulmx1 mulmxA mulmxKpV // subrr.
apply: (row_block (Y := P *m E) (Y' := E) many gX) => //; first by rewrite mulmxA zP mul0mx.
have freeE : row_free E by rewrite /row_free rank_pid_mx.
rewrite mulmxA -mulmxDl mxrankMfree //; apply/anti_leq; rewrite rank_leq_col /= -{1}full -(rank_generic_all gX).
apply: rank_kernel => w z.
have zw : XZ *m w = 0.
  have := congr1 (mulmx (keep F Z)) z; rewrite mulmx0 mulmxDl mulmxDr !mulmxA keepI setIid zP mul0mx addr0; exact.
by move: z; rewrite mulmxDl zw add0r -mulmxA mulmxBl mul1mx -mulmxA zw mulmx0 subr0.
Qed.
End NotClosed.
