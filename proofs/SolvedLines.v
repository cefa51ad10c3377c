(** * Rule [solved-lines]: one factor without zeros, and few columns

    Theorem 6 of the page [dense], where nothing is known of the matrix: rows
    [R] with distinct representatives are solved for the second factor, with
    generic rows of the first one; the rows [y_k] for [k] in the support of any
    other row then span everything, so that this row can be solved for its
    entries. All matrices are products, over every field. *)

From mathcomp Require Import all_ssreflect all_algebra zify.
From Closedness Require Import Products Structure Generic DualBases Types TermRank Modulo Crowded Flats.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Solve.
Variable F : fieldType.

(** What the left kernel annihilates is in the image. *)
Lemma solvable m r n (N : 'M[F]_(m, r)) (B : 'M[F]_(m, n)) : kermx N *m B = 0 -> exists Z, N *m Z = B.
Proof.
move=> z; have : (1%:M - N *m pinvmx N <= kermx N)%MS.
  by apply/sub_kermxP; rewrite mulmxBl mul1mx mulmxKpV // subrr.
case/submxP=> D eD; exists (pinvmx N *m B); apply/eqP; rewrite eq_sym -subr_eq0 mulmxA.
by rewrite -{1}[B]mul1mx -mulmxBl eD -mulmxA z mulmx0.
Qed.
End Solve.

Section OneRow.
Variable F : numFieldType.
Variables (m r n : nat).

(** Solutions of [M *m Y = C] in the coordinates [K], of full rank. *)
Lemma full_solution a (K : {set 'I_r}) (M : 'M[F]_(a, r)) (C : 'M[F]_(a, n)) (Y0 : 'M[F]_(r, n)) :
  M *m keep F K *m Y0 = C -> (n + \rank M <= #|K| + \rank C)%N ->
  exists Y, [/\ keep F K *m Y = Y, M *m Y = C & \rank Y = n].
Proof.
move=> e0 le; pose Pi := 1%:M - pinvmx C *m C.
have CPi : C *m Pi = 0 by rewrite mulmxBr mulmx1 mulmxA mulmxKpV // subrr.
pose U := (keep F K :&: kermx M^T)%MS.
have rU : (#|K| <= \rank U + \rank M)%N.
  by have := mxrank_mul_ker (keep F K) M^T; rewrite rank_keep => <-; rewrite addnC leq_add2l -(mxrank_tr M) mxrankM_maxr.
have rPi : (\rank Pi <= \rank U)%N.
  have : (\rank C + \rank Pi <= n)%N by apply: mulmx0_rank_max.
  by move: le rU; clear; lia.
pose E := (row_base U)^T *m (pid_mx (\rank Pi) : 'M_(\rank U, \rank Pi)) *m row_base Pi.
have KU : keep F K *m (row_base U)^T = (row_base U)^T.
  have /submxP[D ->] : (row_base U <= keep F K)%MS by rewrite eq_row_base capmxSl.
  by rewrite trmx_mul keep_tr mulmxA keepI setIid.
have MU : M *m (row_base U)^T = 0.
  have /submxP[D ->] : (row_base U <= kermx M^T)%MS by rewrite eq_row_base capmxSr.
  by apply: trmx_inj; rewrite trmx_mul trmxK -mulmxA mulmx_ker mulmx0 trmx0.
exists (keep F K *m Y0 *m (1%:M - Pi) + E); split.
- by rewrite /E mulmxDr !mulmxA keepI setIid KU.
- by rewrite /E (mulmxDr M) !mulmxA e0 MU !mul0mx addr0 mulmxBr mulmx1 CPi subr0.
apply/anti_leq; rewrite rank_leq_col /= -{1}(mxrank1 F n); apply: rank_kernel => w z; rewrite mul1mx.
have Cw : C *m w = 0.
  have := congr1 (mulmx M) z; rewrite /E mulmx0 mulmxA (mulmxDr M) !mulmxA e0 MU !mul0mx addr0.
  by rewrite mulmxBr mulmx1 CPi subr0.
have Piw : Pi *m w = w by rewrite mulmxBl mul1mx -mulmxA Cw mulmx0 subr0.
have : E *m w = 0 by move: z; rewrite mulmxDl -mulmxA [X in _ *m X](mulmxBl) mul1mx Piw subrr mulmx0 add0r.
have [L hL] : exists L, L *m (row_base U)^T = 1%:M.
  by have /row_freeP[L hL] := row_base_free U; exists L^T; rewrite -trmx_mul hL trmx1.
have pid : (pid_mx (\rank Pi) : 'M[F]_(\rank Pi, \rank U)) *m (pid_mx (\rank Pi) : 'M_(\rank U, \rank Pi)) = 1%:M.
  by rewrite mul_pid_mx minnn (minn_idPr rPi) pid_mx_1.
rewrite /E -[_ *m w]mulmxA -(mulmxA (row_base U)^T) => /(congr1 (mulmx L)); rewrite (mulmxA L) hL mul1mx mulmx0 => ew.
have zw : row_base Pi *m w = 0 by rewrite -[LHS]mul1mx -pid -mulmxA ew mulmx0.
by rewrite -Piw -(mulmx_base Pi) -mulmxA zw mulmx0.
Qed.

(** Independent rows [R] can be solved. *)
Lemma solve_rows (R : {set 'I_m}) (X : 'M[F]_(m, r)) (A : 'M[F]_(m, n)) :
  keep F R *m X = X -> keep F R *m A = A -> \rank X = #|R| -> exists Y0, X *m Y0 = A.
Proof.
move=> RX RA rX.
apply: solvable; have : (kermx X <= keep F (~: R))%MS.
  have sub : (keep F (~: R) <= kermx X)%MS by apply/sub_kermxP; rewrite -RX mulmxA keepI setIC setICr keep0 mul0mx.
  have [_ <-] := mxrank_leqif_sup sub; rewrite rank_keep mxrank_ker rX; apply/eqP.
  by have := cardsC R; rewrite card_ord; clear; lia.
by case/submxP=> D ->; rewrite -mulmxA -RA (mulmxA (keep F _)) keepI setIC setICr keep0 mul0mx mulmx0.
Qed.

(** A row outside [R]: [K] is its support, [X] and [A] the rows [R] of the first factor and of the matrix. *)
Lemma full_at (R : {set 'I_m}) (K : {set 'I_r}) (X : 'M[F]_(m, r)) (A : 'M[F]_(m, n)) :
  keep F R *m X = X -> keep F R *m A = A -> \rank X = #|R| ->
  (n + #|R| <= #|K| + \rank (X *m keep F (~: K)) + \rank (kermx (X *m keep F (~: K)) *m A))%N ->
  exists2 Y, X *m Y = A & \rank (keep F K *m Y) = n.
Proof.
move=> RX RA rX le; set N := X *m keep F (~: K) in le *; pose G := kermx N *m keep F R.
have GN : G *m X *m keep F (~: K) = 0.
  have -> : G *m X = kermx N *m X by rewrite /G -mulmxA RX.
  by rewrite -mulmxA -/N mulmx_ker.
have GK : G *m X *m keep F K = G *m X.
  by rewrite -[RHS]mulmx1 -(keepC F K) mulmxDr GN addr0.
have GA : G *m A = kermx N *m A by rewrite /G -mulmxA RA.
have rG : (\rank (G *m X) + \rank N <= #|R|)%N.
  apply: leq_trans (_ : \rank G + \rank N <= _)%N; first by rewrite leq_add2r mxrankM_maxl.
  have := mxrank_mul_ker (kermx N) (keep F R); rewrite -/G mxrank_ker.
  have : (#|~: R| <= \rank (kermx N :&: kermx (keep F R))%MS)%N.
    rewrite -(rank_keep F) mxrankS // sub_capmx; apply/andP; split; apply/sub_kermxP.
      by rewrite /N mulmxA -RX mulmxA keepI setIC setICr keep0 !mul0mx.
    by rewrite keepI setIC setICr keep0.
  have := cardsC R; rewrite card_ord; have := rank_leq_row N; clear; lia.
have [Y0 eY0] := solve_rows RX RA rX.
have [||Y [KY MY rY]] := @full_solution m K (G *m X) (G *m A) Y0.
- by rewrite GK -mulmxA eY0.
- by move: le rG; rewrite GA; clear; lia.
have [Z eZ] : exists Z, N *m Z = A - X *m Y.
  have RB : keep F R *m (A - X *m Y) = A - X *m Y by rewrite mulmxBr RA mulmxA RX.
  by apply: solvable; rewrite -RB mulmxA -/G mulmxBr mulmxA MY subrr.
exists (Y + keep F (~: K) *m Z); first by rewrite mulmxDr mulmxA eZ addrC subrK.
by rewrite mulmxDr mulmxA keepI setICr keep0 mul0mx addr0 KY.
Qed.
End OneRow.

Section SolvedLines.
Variable F : numFieldType.
Variables (m r n : nat) (S : support m r) (R : {set 'I_m}).

(** The rows [R] have distinct representatives; *)
Hypothesis representatives : term_rank (inside S R setT) = #|R|.
(** for any other row those of them that have some outside its support are counted. *)
Hypothesis enough : forall i, i \notin R -> (n <= #|type_of S i|)%N /\
  (n + #|R| <= #|type_of S i| + term_rank (inside S R (~: type_of S i)) + 1)%N.

Lemma linear_on_lines (V : lmodType F) (f : V -> F) : (forall u v t, f (u + t *: v) = f u + t * f v) -> polynomial_on_lines f.
Proof. by move=> e u v; exists ((f u)%:P + f v *: 'X) => t; rewrite e !hornerE mulrC. Qed.

Lemma fewer_rows (R1 : {set 'I_m}) K (X : 'M[F]_(m, r)) : R1 \subset R ->
  (\rank (part R K X) <= \rank (part R1 K X) + #|R :\: R1|)%N.
Proof.
move=> sub; have -> : part R K X = part R1 K X + keep F (R :\: R1) *m (X *m keep F K).
  apply/matrixP => i k; rewrite [RHS]mxE !partE keep_rows keep_columns inE.
  have [i1|_] := boolP (i \in R1); first by rewrite (subsetP sub) //= addr0.
  by rewrite /= add0r; case: (i \in R).
by apply: leq_trans (mxrank_add _ _) _; rewrite leq_add2l -(rank_keep F) mxrankM_maxl.
Qed.

Theorem solved_lines (A : 'M[F]_(m, n)) : products S (@all_cells r n) A.
Proof.
have [X0 gX0] := @generic_matrix F m r S; have [hX0 _] := gX0.
pose R1 : {set 'I_m} := [set i in R | row i A != 0]; have sub : R1 \subset R by apply/subsetP => i; rewrite inE => /andP[].
have cR := cardsID R1 R; rewrite (setIidPr sub) in cR.
pose X1 := keep F R1 *m X0; pose A1 := keep F R1 *m A; pose N i := X1 *m keep F (~: type_of S i).
have rX1 : \rank X1 = #|R1|.
  apply/anti_leq; rewrite -{1}(rank_keep F R1) mxrankM_maxl /=.
  have := fewer_rows setT X0 sub; rewrite (rank_generic _ _ gX0) representatives /part keepT mulmx1 -/X1 => le.
  by rewrite -(leq_add2r #|R :\: R1|) cR.
have rN i : i \notin R -> (n <= #|type_of S i|)%N /\ (n + #|R1| <= #|type_of S i| + \rank (N i) + 1)%N.
  move=> iR; have [le1 le2] := enough iR; split=> //.
  have := fewer_rows (~: type_of S i) X0 sub; rewrite (rank_generic _ _ gX0) -/(N i).
  by rewrite -[part R1 _ X0]/(N i); move: le2 cR; clear; lia.
(* the rows are scaled, such that relations of X are none of A *)
have [g hg] : exists g : 'I_m -> 'rV[F]_m -> F, forall i, [/\ polynomial_on_lines (g i), exists e, g i e != 0 &
    forall e, g i e != 0 -> (\rank (N i) < #|R1|)%N -> (0 < \rank (kermx (N i) *m diag_mx e *m A1))%N].
  apply: (@fin_all_exists _ _ (fun i (g : 'rV[F]_m -> F) => [/\ polynomial_on_lines g, exists e, g e != 0 &
    forall e, g e != 0 -> (\rank (N i) < #|R1|)%N -> (0 < \rank (kermx (N i) *m diag_mx e *m A1))%N])) => i.
  have [small|big] := ltnP (\rank (N i)) #|R1|; last first.
    exists (fun _ => 1); split; first by move=> u v; exists 1 => t; rewrite hornerE.
      by exists 0; rewrite oner_eq0.
    by [].
  have /matrix0Pn[a [i' nz]] : kermx (N i) *m keep F R1 != 0.
    apply: contraTneq small => /mulmx0_rank_max; rewrite rank_keep mxrank_ker -leqNgt.
    by have := rank_leq_row (N i); clear; lia.
  move: nz; rewrite keep_columns; case: ifP => [i'R nz|_]; last by rewrite eqxx.
  have [b nb] : exists b, A i' b != 0.
    by have := i'R; rewrite inE => /andP[_ /rV0Pn[b]]; rewrite mxE; exists b.
  exists (fun e => (kermx (N i) *m diag_mx e *m A1) a b); split.
  - apply: linear_on_lines => u v t; rewrite linearD linearZ /= mulmxDr mulmxDl mxE; congr (_ + _).
    by rewrite -scalemxAr -scalemxAl mxE.
  - exists (delta_mx 0 i'); rewrite mul_mx_diag mxE (bigD1 i') //= big1 ?addr0 => [|l ne]; last first.
      by rewrite [X in X * _]mxE [delta_mx _ _ _ _]mxE (negbTE ne) mulr0 mul0r.
    by rewrite [X in X * _]mxE [delta_mx _ _ _ _]mxE !eqxx mulr1 mulf_neq0 // /A1 keep_rows i'R.
  - move=> e ne _; rewrite lt0n mxrank_eq0; apply: contraNneq ne => ->; by rewrite mxE.
pose fam (i : 'I_m + 'I_m) (e : 'rV[F]_m) : F := match i with inl i => e 0 i | inr i => g i e end.
have [||[i|i] _|[i|i] _|e _ he] := @common_point F _ (fun _ : 'rV[F]_m => True) _ (enum [finType of 'I_m + 'I_m]) fam 0.
- by [].
- by [].
- by apply: linear_on_lines => u v t; rewrite /fam !mxE.
- by have [] := hg i.
- by exists (const_mx 1) => //; rewrite /fam mxE oner_eq0.
- by have [_ [e ne] _] := hg i; exists e.
have e0 i : e 0 i != 0 by apply: (he (inl i)); rewrite mem_enum.
have ge i : (\rank (N i) < #|R1|)%N -> (0 < \rank (kermx (N i) *m diag_mx e *m A1))%N.
  by have [_ _] := hg i; apply; apply: (he (inr i)); rewrite mem_enum.
pose d := \row_i (e 0 i)^-1; pose X := diag_mx d *m X1.
have de : diag_mx e *m diag_mx d = 1%:M.
  by apply/matrixP => i j; rewrite mul_diag_mx !mxE; case: eqP => [->|_]; rewrite ?mulr0n ?mulr0 // mulr1n mulfV.
have X1E : X1 = diag_mx e *m X by rewrite mulmxA de mul1mx.
have XE i k : X i k = d 0 i * (if i \in R1 then X0 i k else 0) by rewrite /X mul_diag_mx mxE keep_rows.
have RX : keep F R1 *m X = X.
  by apply/matrixP => i k; rewrite keep_rows XE; case: (i \in R1); rewrite ?mulr0.
have hX : respects S X by move=> i k ns; rewrite XE hX0 // if_same mulr0.
have RA : keep F R1 *m A1 = A1 by rewrite mulmxA keepI setIid.
have rX : \rank X = #|R1| by rewrite -rX1; apply/anti_leq/andP; split; [rewrite /X | rewrite {1}X1E]; apply: mxrankM_maxr.
have at_rows i : i \notin R -> exists2 Y, X *m Y = A1 & \rank (keep F (type_of S i) *m Y) = n.
  move=> iR; apply: full_at RX RA rX _; have [le1 le2] := rN i iR.
  have eN : N i = diag_mx e *m (X *m keep F (~: type_of S i)) by rewrite mulmxA -X1E.
  have leN : (\rank (N i) <= \rank (X *m keep F (~: type_of S i)))%N by rewrite eN mxrankM_maxr.
  have [big|small] := leqP #|R1| (\rank (N i)).
    by apply: leq_trans (leq_addr _ _); apply: leq_add le1 (leq_trans big leN).
  suff : (0 < \rank (kermx (X *m keep F (~: type_of S i)) *m A1))%N.
    by move=> pos; apply: leq_trans le2 _; rewrite leq_add // leq_add2l.
  apply: leq_trans (ge i small) _; apply: mxrankS; apply: submxMr; apply/sub_kermxP.
  by rewrite -mulmxA -eN mulmx_ker.
(* one solution for all other rows *)
have [Y0 eY0] := solve_rows RX RA rX.
have [h hh] : exists h : 'I_m -> 'M[F]_(r, n) -> F, forall i, i \notin R -> [/\ polynomial_on_lines (h i),
    exists2 Y, X *m Y = A1 & h i Y != 0 & forall Y, h i Y != 0 -> (n <= \rank (keep F (type_of S i) *m Y))%N].
  apply: (@fin_all_exists _ _ (fun i (h : 'M[F]_(r, n) -> F) => i \notin R -> [/\ polynomial_on_lines h,
    exists2 Y, X *m Y = A1 & h Y != 0 & forall Y, h Y != 0 -> (n <= \rank (keep F (type_of S i) *m Y))%N])) => i.
  have [iR|iR] := boolP (i \in R); first by exists (fun _ => 0).
  have [Y eY rY] := at_rows i iR; have [P [Q PQ]] := rank_minor (eq_leq (esym rY)).
  exists (fun Y => \det (P *m (keep F (type_of S i) *m Y) *m Q)) => _; split.
  - apply: (det_affine_on_lines (psi := fun Y => P *m (keep F (type_of S i) *m Y) *m Q)) => u v t.
    by rewrite mulmxDr mulmxDr mulmxDl -!scalemxAr -scalemxAl.
  - by exists Y => //; rewrite PQ det1 oner_eq0.
  - by move=> Y'; apply: minor_rank.
have [||i|i|Y eY hY] := @common_point F _ (fun Y : 'M[F]_(r, n) => X *m Y = A1) _ [seq i <- enum 'I_m | i \notin R] h Y0.
- by move=> u v t hu hv; rewrite mulmxDr -scalemxAr mulmxBr hu hv subrr scaler0 addr0.
- by [].
- by rewrite mem_filter => /andP[/hh[]].
- by rewrite mem_filter => /andP[/hh[]].
have [x hx] : exists x : 'I_m -> 'rV[F]_r, forall i, i \notin R -> row i A = x i *m keep F (type_of S i) *m Y.
  apply: (@fin_all_exists _ _ (fun i (x : 'rV[F]_r) => i \notin R -> row i A = x *m keep F (type_of S i) *m Y)) => i.
  have [iR|iR] := boolP (i \in R); first by exists 0.
  have [_ _ rk] := hh i iR; have : (n <= \rank (keep F (type_of S i) *m Y))%N.
    by apply/rk/hY; rewrite mem_filter iR mem_enum.
  move=> le; have : (row i A <= keep F (type_of S i) *m Y)%MS.
    by apply: submx_full; rewrite /row_full eqn_leq rank_leq_col le.
  by case/submxP=> D eD; exists D => _; rewrite -mulmxA.
exists (\matrix_(i, k) if i \in R then X i k else (x i *m keep F (type_of S i)) 0 k), Y; split=> [i k ns|//|].
  by rewrite mxE; case: ifP => _; [apply: hX | rewrite keep_columns inE (negbTE ns)].
apply/matrixP => i j; rewrite [RHS]mxE; have [iR|iR] := boolP (i \in R).
  transitivity ((X *m Y) i j); last by rewrite [LHS]mxE; apply: eq_bigr => k _; rewrite [in RHS]mxE iR.
  rewrite eY /A1 keep_rows inE iR /=; case: eqP => //= z.
  by have := congr1 (fun M : 'rV_n => M 0 j) z; rewrite !mxE.
have := congr1 (fun M : 'rV_n => M 0 j) (hx i iR); rewrite [LHS]mxE => ->.
by rewrite mxE; apply: eq_bigr => k _; rewrite [in RHS]mxE (negbTE iR).
Qed.

Corollary solved_lines_closed : closed (@products F m r n S (@all_cells r n)).
Proof. by move=> A _; apply: solved_lines. Qed.
End SolvedLines.
