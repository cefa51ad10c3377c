(** * Generic factors: where there are distinct representatives, one factor serves all

    A square matrix whose entries are free on a support has a determinant that
    is not zero for some choice of them as soon as the support holds a
    transversal: put ones on it. For many such determinants at once one does
    not need to know that polynomials in several variables have few zeros. A
    straight line is enough. If one determinant does not vanish at one point
    and another does not at a second one, then on the line through both
    points both are polynomials in one variable that are not zero, and so
    they have finitely many zeros between them. The same line shows that such
    points are as near to any given one as one wants. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Linear.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** ** Lines *)
Section Lines.
Variable F : numFieldType.

(** A polynomial that is not zero does not vanish at some number as small as one wants. *)
Lemma not_a_root (p : {poly F}) (eps : F) : p != 0 -> 0 < eps -> exists t, [/\ 0 < t, t <= eps & p.[t] != 0].
Proof.
move=> p0 e0; pose f k : F := eps / k.+1%:R.
have f0 k : 0 < f k by rewrite divr_gt0 ?ltr0Sn.
have [/hasP[t /mapP[k _ ->] nz]|none] := boolP (has (fun t => p.[t] != 0) (map f (iota 0 (size p)))).
  by exists (f k); rewrite f0 nz ler_pdivr_mulr ?ltr0Sn // ler_pmulr // ler1n.
have : (size (map f (iota 0 (size p))) < size p)%N; last by rewrite size_map size_iota ltnn.
apply: max_poly_roots p0 _ _.
  by apply/allP => t ht; rewrite /root; apply: contraNT none => nz; apply/hasP; exists t.
rewrite map_inj_uniq ?iota_uniq // => k l /(congr1 (fun x => eps / x)).
rewrite /f !invf_div ![eps * (_ / eps)]mulrCA !divff ?gt_eqF // !mulr1 => /eqP.
by rewrite eqr_nat => /eqP[].
Qed.

Variable V : lmodType F.

(** On every line the function is a polynomial. *)
Definition polynomial_on_lines (f : V -> F) : Prop :=
  forall u v, exists p : {poly F}, forall t, f (u + t *: v) = p.[t].

(** The set contains the line through any two of its points. *)
Definition flat (P : V -> Prop) : Prop := forall u v t, P u -> P v -> P (u + t *: (v - u)).

Lemma near_generic (P : V -> Prop) (f : V -> F) u v eps : flat P -> polynomial_on_lines f ->
  P u -> P v -> f v != 0 -> 0 < eps -> exists t, [/\ 0 < t, t <= eps, P (u + t *: (v - u)) & f (u + t *: (v - u)) != 0].
Proof.
move=> flatP poly Pu Pv fv e0; have [p hp] := poly u (v - u).
have p0 : p != 0.
  by apply: contraNneq fv => p0; have := hp 1; rewrite scale1r addrC subrK p0 horner0 => ->.
have [t [t0 te pt]] := not_a_root p0 e0.
by exists t; rewrite hp; split=> //; apply: flatP.
Qed.

Lemma prod_on_lines (I : Type) (s : seq I) (f : I -> V -> F) :
  (forall i, polynomial_on_lines (f i)) -> polynomial_on_lines (fun v => \prod_(i <- s) f i v).
Proof.
move=> poly u v; elim: s => [|i s [p hp]]; first by exists 1 => t; rewrite big_nil hornerE.
by have [q hq] := poly i u v; exists (q * p) => t; rewrite big_cons hp hq hornerM.
Qed.

(** Finitely many such functions, none of them zero everywhere, have a common point where none vanishes. *)
Theorem common_point (P : V -> Prop) (I : eqType) (s : seq I) (f : I -> V -> F) u0 : flat P -> P u0 ->
  (forall i, i \in s -> polynomial_on_lines (f i)) -> (forall i, i \in s -> exists2 v, P v & f i v != 0) ->
  exists2 v, P v & forall i, i \in s -> f i v != 0.
Proof.
move=> flatP Pu0; elim: s => [|i s IH] poly nz; first by exists u0.
have [|j js|v Pv hv] := IH; first by move=> j js; apply: poly; rewrite inE js orbT.
  by apply: nz; rewrite inE js orbT.
have [u Pu hu] := nz i (mem_head _ _).
pose g w := f i w * \prod_(j <- s) f j w.
have gl : exists p : {poly F}, forall t, \prod_(j <- s) f j (u + t *: (v - u)) = p.[t].
  have : forall j, j \in s -> polynomial_on_lines (f j) by move=> j js; apply: poly; rewrite inE js orbT.
  elim: (s) => [|j s' IHs] h; first by exists 1 => t; rewrite big_nil hornerE.
  have [|p hp] := IHs; first by move=> l ls; apply: h; rewrite inE ls orbT.
  have [q hq] := h j (mem_head _ _) u (v - u).
  by exists (q * p) => t; rewrite big_cons hp hq hornerM.
have [p hp] := gl; have [q hq] := poly i (mem_head _ _) u (v - u).
have q0 : q != 0 by apply: contraNneq hu => q0; have := hq 0; rewrite scale0r addr0 q0 horner0 => ->.
have p0 : p != 0.
  have : p.[1] != 0; last by apply: contraNneq => ->; rewrite horner0.
  rewrite -hp scale1r addrC subrK prodf_seq_neq0; apply/allP => j js /=; exact: hv.
have [t [_ _ ht]] := not_a_root (mulf_neq0 q0 p0) ltr01.
move: ht; rewrite hornerM mulf_eq0 negb_or -hp -hq => /andP[h1 h2].
exists (u + t *: (v - u)) => [|j]; first exact: flatP.
by rewrite inE => /orP[/eqP-> //|js]; move: h2; rewrite prodf_seq_neq0 => /allP/(_ j js).
Qed.
End Lines.

Section Determinants.
Variable F : numFieldType.

Lemma det_on_lines n (A B : 'M[F]_n) : exists p : {poly F}, forall t, \det (A + t *: B) = p.[t].
Proof.
exists (\det (map_mx polyC A + 'X *: map_mx polyC B)) => t.
rewrite -[RHS]/(horner_eval t _) -det_map_mx; congr (\det _); apply/matrixP => i j.
by rewrite !mxE /= horner_evalE !hornerE.
Qed.

(** The determinant of a matrix that depends linearly on a point, up to a constant matrix. *)
Lemma det_affine_on_lines (V : lmodType F) n (phi psi : V -> 'M[F]_n) :
  (forall u v t, phi (u + t *: v) = phi u + t *: psi v) -> polynomial_on_lines (fun v => \det (phi v)).
Proof.
by move=> e u v; have [p hp] := det_on_lines (phi u) (psi v); exists p => t; rewrite e.
Qed.

Lemma respects_flat m r (S : support m r) : flat (@respects F m r S).
Proof. by move=> u v t hu hv i k ns; rewrite !mxE hu ?hv // subrr mulr0 addr0. Qed.

(** ** Partial matchings of rows to hidden indices *)

(** Row [i] is represented by the hidden index [mu i], if any; different rows by different ones. *)
Definition matching m r (S : support m r) (mu : 'I_m -> option 'I_r) : Prop :=
  (forall i k, mu i = Some k -> S i k) /\ (forall i i' k, mu i = Some k -> mu i' = Some k -> i = i').

(** The square block of the matched rows and their representatives, and ones for the other rows. *)
Definition matched m r (mu : 'I_m -> option 'I_r) (X : 'M[F]_(m, r)) : 'M[F]_m :=
  \matrix_(i, i') if (mu i, mu i') is (Some _, Some k) then X i k else (i == i')%:R.

Lemma matched_on_lines m r (mu : 'I_m -> option 'I_r) : polynomial_on_lines (fun X => \det (matched mu X)).
Proof.
apply: (det_affine_on_lines (psi := fun Y : 'M[F]_(m, r) => \matrix_(i, i') if (mu i, mu i') is (Some _, Some k) then Y i k else 0)).
move=> X Y t; apply/matrixP => i i'; rewrite !mxE.
by case: (mu i) => [a|]; case: (mu i') => [b|]; rewrite ?mxE ?mulr0 ?addr0.
Qed.

Lemma matched_somewhere m r (S : support m r) mu : matching S mu ->
  exists2 X : 'M[F]_(m, r), respects S X & \det (matched mu X) != 0.
Proof.
case=> inS inj; exists (\matrix_(i, k) (mu i == Some k)%:R).
  by move=> i k ns; rewrite mxE; case: eqP => // /inS; rewrite (negbTE ns).
rewrite (_ : matched _ _ = 1%:M) ?det1 ?oner_eq0 //.
apply/matrixP => i i'; rewrite !mxE; case e: (mu i) => [a|]; case e': (mu i') => [b|] //; rewrite mxE e.
congr ((nat_of_bool _)%:R); apply/eqP/eqP => [ab|ii']; first by apply: inj _ e'; rewrite e.
by rewrite -e -e' ii'.
Qed.

(** One matrix for all matchings; there are finitely many. *)
Definition is_matching m r (S : support m r) (mu : {ffun 'I_m -> option 'I_r}) : bool :=
  [forall i, forall k, (mu i == Some k) ==> S i k] &&
  [forall i, forall i', forall k, (mu i == Some k) && (mu i' == Some k) ==> (i == i')].

Lemma is_matchingP m r (S : support m r) mu : is_matching S mu -> matching S mu.
Proof.
case/andP=> /forallP inS /forallP inj; split=> [i k e|i i' k e e'].
  by move/forallP: (inS i) => /(_ k)/implyP; apply; apply/eqP.
by move/forallP: (inj i) => /(_ i')/forallP/(_ k)/implyP; rewrite e e' eqxx => /(_ isT)/eqP.
Qed.

Definition matchings m r (S : support m r) : seq {ffun 'I_m -> option 'I_r} :=
  [seq mu <- enum {ffun 'I_m -> option 'I_r} | is_matching S mu].

Lemma in_matchings m r (S : support m r) mu : matching S mu -> finfun mu \in matchings S.
Proof.
case=> inS inj; rewrite mem_filter mem_enum andbT; apply/andP; split.
  by apply/forallP => i; apply/forallP => k; apply/implyP; rewrite ffunE => /eqP/inS.
apply/forallP => i; apply/forallP => i'; apply/forallP => k; apply/implyP; rewrite !ffunE => /andP[/eqP e /eqP e'].
by apply/eqP; apply: inj e e'.
Qed.

(** No block of a matching degenerates. *)
Definition generic_at m r (S : support m r) (X : 'M[F]_(m, r)) : Prop :=
  respects S X /\ forall mu, matching S mu -> \det (matched mu X) != 0.

Lemma generic_of_all m r (S : support m r) (X : 'M[F]_(m, r)) : respects S X ->
  (forall mu : {ffun 'I_m -> option 'I_r}, mu \in matchings S -> \det (matched mu X) != 0) -> generic_at S X.
Proof.
move=> hX nz; split=> // mu /in_matchings/nz.
by rewrite (_ : matched (finfun mu) X = matched mu X) //; apply/matrixP => i i'; rewrite !mxE !ffunE.
Qed.

Theorem generic_matrix m r (S : support m r) : exists X : 'M[F]_(m, r), generic_at S X.
Proof.
have [||mu _|mu|X hX nz] := @common_point F _ (@respects F m r S) _ (matchings S)
  (fun mu X => \det (matched mu X)) 0; last by exists X; apply: generic_of_all.
- exact: respects_flat.
- by move=> i k _; rewrite mxE.
- exact: matched_on_lines.
by rewrite mem_filter => /andP[/is_matchingP/matched_somewhere].
Qed.

(** There are such matrices near every matrix with the support. *)
Theorem generic_near m r (S : support m r) (X : 'M[F]_(m, r)) eps : respects S X -> 0 < eps ->
  exists2 X', generic_at S X' & forall i k, `|X i k - X' i k| <= eps.
Proof.
move=> hX e0; have [X0 [hX0 nz0]] := generic_matrix S.
pose g Z := \prod_(mu <- matchings S) \det (matched mu Z).
pose total : F := \sum_i \sum_k `|(X0 - X) i k|; pose size : F := 1 + total.
have total0 : 0 <= total by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have size0 : 0 < size by rewrite ltr_paddr ?ltr01.
have sizeP i k : `|(X0 - X) i k| <= size.
  apply: le_trans (_ : total <= _); last by rewrite ler_addr ler01.
  by rewrite /total (bigD1 i) //= (bigD1 k) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => l _; rewrite sumr_ge0.
have [||t [t0 te hZ gZ]] := near_generic (@respects_flat m r S) (f := g) _ hX hX0 _ (divr_gt0 e0 size0).
- by apply: (@prod_on_lines _ _ _ _ (fun (mu : {ffun 'I_m -> option 'I_r}) X => \det (matched mu X))) => mu; apply: matched_on_lines.
- rewrite /g prodf_seq_neq0; apply/allP => mu; rewrite mem_filter => /andP[/is_matchingP h _] /=; exact: nz0.
exists (X + t *: (X0 - X)).
  apply: generic_of_all => // mu hmu; move: gZ; rewrite /g prodf_seq_neq0 => /allP/(_ mu hmu) //.
move=> i k; rewrite [in X in _ - X]mxE opprD addrA subrr sub0r normrN mxE normrM (gtr0_norm t0).
apply: le_trans (_ : t * size <= _); first by rewrite ler_pmul2l.
by rewrite -ler_pdivl_mulr.
Qed.

(** ** The rule [generic], for columns

    In column [j] the rows [i] with [mu j i = Some k] have [k] as representative. *)
Section Rule.
Variables (m r n : nat) (S : support m r) (T : support r n) (Omega : support m n).
Variable mu : 'I_n -> 'I_m -> option 'I_r.
Hypothesis matchings : forall j, matching (fun i k => S i k && T k j) (mu j).
(** Representatives touch no other cell that is looked at. *)
Hypothesis untouched : forall i i' j k, mu j i = Some k -> mu j i' = None -> Omega i' j -> ~~ S i' k.

Theorem generic : exists2 X : 'M[F]_(m, r), respects S X &
  forall A : 'M[F]_(m, n), (forall i j, Omega i j -> mu j i = None -> A i j = 0) ->
  exists2 Y, respects T Y & forall i j, Omega i j -> A i j = (X *m Y) i j.
Proof.
have [X [hX nz]] := generic_matrix S; exists X => // A zero.
pose B j : 'cV[F]_m := invmx (matched (mu j) X) *m \col_i (if mu j i is Some _ then A i j else 0).
exists (\matrix_(k, j) \sum_(i | mu j i == Some k) B j i 0) => [k j nt|i j O].
  rewrite mxE big1 // => i /eqP/(matchings j).1; by rewrite (negbTE nt) andbF.
have -> : (X *m \matrix_(k, j) \sum_(i | mu j i == Some k) B j i 0) i j =
    \sum_i' (if mu j i' is Some k then X i k * B j i' 0 else 0).
  rewrite mxE; under eq_bigr do rewrite mxE mulr_sumr big_mkcond /=.
  rewrite exchange_big /=; apply: eq_bigr => i' _.
  case e: (mu j i') => [k|]; last by rewrite big1.
  rewrite (bigD1 k) //= eqxx big1 ?addr0 // => l ne.
  by case: eqP => // -[kl]; rewrite kl eqxx in ne.
case e: (mu j i) => [k|]; last first.
  rewrite zero // big1 // => i' _; case e': (mu j i') => [k|] //.
  by rewrite hX ?mul0r // (untouched e').
have inv : matched (mu j) X *m B j = \col_i (if mu j i is Some _ then A i j else 0).
  rewrite /B mulmxA mulmxV ?mul1mx // unitmxE unitfE nz //.
  by have [inS inj] := matchings j; split=> // a l /inS/andP[].
have := congr1 (fun C : 'cV_m => C i 0) inv; rewrite [RHS]mxE e => <-.
rewrite mxE; apply: eq_bigr => i' _; rewrite mxE e; case e': (mu j i') => [l|] //.
have [ii'|] := eqVneq i i'; last by rewrite mul0r.
by rewrite ii' e' in e.
Qed.
End Rule.

(** ** The rule [full], by matchings alone

    If the rows that [K] covers in each column have distinct representatives in [K], the hidden
    indices of [K] disappear with the cells they cover. *)
Theorem full_by_matchings m r n (S : support m r) (T : support r n) (Omega : support m n) (K : pred 'I_r)
    (mu : 'I_n -> 'I_m -> option 'I_r) :
  (forall j, matching (fun i k => [&& S i k, K k & T k j]) (mu j)) ->
  (forall i j, Omega i j -> covered S T K i j -> mu j i != None) ->
  closed (@masked_products F m r n (fun i k => S i k && ~~ K k) T (fun i j => Omega i j && ~~ covered S T K i j)) ->
  closed (@masked_products F m r n S T Omega).
Proof.
move=> hmu cov; apply: full => D.
pose Omega' : support m n := fun i j => Omega i j && covered S T K i j.
have [j|i i' j k|X hX every] := @generic m r n (fun i k => S i k && K k) T Omega' mu.
- have [inS inj] := hmu j; split=> // i k /inS; by rewrite andbA.
- by move=> _ e /andP[O c]; have := cov _ _ O c; rewrite e.
have [|Y hY e] := every D; first by move=> i j /andP[O c] e; have := cov _ _ O c; rewrite e.
by exists X, Y; split=> // i j O c; rewrite -e // /Omega' O.
Qed.

(** All hidden indices: every matrix on their cells is a product. *)
Theorem all_by_matchings m r n (S : support m r) (T : support r n) (mu : 'I_n -> 'I_m -> option 'I_r) :
  (forall j, matching (fun i k => S i k && T k j) (mu j)) ->
  (forall i j, covered S T predT i j -> mu j i != None) ->
  forall A : 'M[F]_(m, n), products S T A <-> respects (covered S T predT) A.
Proof.
move=> hmu cov A; split=> [[X [Y [hX hY ->]]] i j nc|hA].
  by apply: (product_uncovered _ hY nc) => i' k; rewrite andbT; apply: hX.
have [//|i i' j k|X hX every] := @generic m r n S T (covered S T predT) mu.
  by move=> _ e c; have := cov _ _ c; rewrite e.
have [|Y hY e] := every A; first by move=> i j c e; have := cov _ _ c; rewrite e.
exists X, Y; split=> //; apply/matrixP => i j.
have [c|nc] := boolP (covered S T predT i j); first exact: e.
rewrite hA //; apply/esym/(product_uncovered _ hY nc) => i' k; rewrite andbT; exact: hX.
Qed.
End Determinants.
