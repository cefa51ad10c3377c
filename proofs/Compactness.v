(** * Compactness, as an explicit hypothesis

    Some rules need that bounded sequences have cluster points. This is true
    over R and over C (Bolzano and Weierstrass; [RealNumbers.v] and
    [ComplexNumbers.v]), but not over every [numFieldType], so the theorems
    about these rules name it as a hypothesis: [compact F]. Nothing else is assumed. Families of sets that
    shrink with [eps] take the place of sequences, so no choice is needed. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** A family of sets, one for each [eps > 0], smaller for smaller [eps]. *)
Definition shrinking (F : numFieldType) (T : Type) (Q : F -> T -> Prop) : Prop :=
  forall d e x, 0 < d -> d <= e -> Q d x -> Q e x.

(** If the sets of a shrinking family have members of bounded size, some
    number has members of all sets as close as one wants. *)
Definition compact (F : numFieldType) : Prop :=
  forall (M : F) (Q : F -> F -> Prop), shrinking Q ->
  (forall eps, 0 < eps -> exists2 x, Q eps x & `|x| <= M) ->
  exists c, forall eps, 0 < eps -> exists2 x, Q eps x & `|c - x| < eps.

Section Compactness.
Variable F : numFieldType.
Hypothesis compactF : compact F.

Lemma half_gt0 (e : F) : 0 < e -> 0 < e / 2%:R.
Proof. by move=> e0; rewrite divr_gt0 ?ltr0n. Qed.

(** A number below two positive ones. *)
Lemma below_both (a b : F) : 0 < a -> 0 < b -> exists d, [/\ 0 < d, d <= a & d <= b].
Proof.
move=> a0 b0; have s0 : 0 < a + b by rewrite addr_gt0.
exists (a * b / (a + b)); split.
- by rewrite divr_gt0 ?mulr_gt0.
- by rewrite ler_pdivr_mulr // ler_pmul2l // ler_addr ltW.
- by rewrite ler_pdivr_mulr // [a * b]mulrC ler_pmul2l // ler_addl ltW.
Qed.

(** The same for finitely many numbers at once. *)
Lemma compact_seq (I : finType) (s : seq I) (M : F) (Q : F -> {ffun I -> F} -> Prop) : shrinking Q ->
  (forall eps, 0 < eps -> exists2 v, Q eps v & forall i, `|v i| <= M) ->
  exists c : {ffun I -> F}, forall eps, 0 < eps -> exists2 v, Q eps v & forall i, i \in s -> `|c i - v i| < eps.
Proof.
elim: s Q => [|i s IH] Q mono bd.
  by exists [ffun=> 0] => eps /bd[v Qv _]; exists v.
have [x hx] : exists c, forall eps, 0 < eps ->
    exists2 x, (exists v : {ffun I -> F}, [/\ Q eps v, forall i, `|v i| <= M & x = v i]) & `|c - x| < eps.
  apply: (compactF (M := M)).
    by move=> d e x d0 de [v [Qv bv ->]]; exists v; split=> //; apply: mono Qv.
  by move=> eps /bd[v Qv bv]; exists (v i) => //; exists v.
pose Q' eps v := [/\ Q eps v, forall i, `|v i| <= M & `|x - v i| < eps].
have [] := IH Q'.
- by move=> d e v d0 de [Qv bv h]; split=> //; [apply: mono Qv | apply: lt_le_trans de].
- by move=> eps /hx[y [v [Qv bv ->]] h]; exists v.
move=> c hc; exists [ffun j => if j == i then x else c j] => eps /hc[v [Qv bv h] hv].
exists v => // j; rewrite inE ffunE; case: eqVneq => [-> //|_] /=; exact: hv.
Qed.

Lemma compact_finite (I : finType) (M : F) (Q : F -> {ffun I -> F} -> Prop) : shrinking Q ->
  (forall eps, 0 < eps -> exists2 v, Q eps v & forall i, `|v i| <= M) ->
  exists c : {ffun I -> F}, forall eps, 0 < eps -> exists2 v, Q eps v & forall i, `|c i - v i| < eps.
Proof.
move=> mono /(compact_seq (enum I) mono)[c hc]; exists c => eps /hc[v Qv h].
by exists v => // i; apply: h; rewrite mem_enum.
Qed.

(** For pairs of matrices. *)
Lemma compact_pair m r p q (M : F) (Q : F -> 'M[F]_(m, r) -> 'M[F]_(p, q) -> Prop) :
  (forall d e X Y, 0 < d -> d <= e -> Q d X Y -> Q e X Y) ->
  (forall eps, 0 < eps -> exists X Y,
     [/\ Q eps X Y, forall i j, `|X i j| <= M & forall i j, `|Y i j| <= M]) ->
  exists (CX : 'M[F]_(m, r)) (CY : 'M[F]_(p, q)), forall eps, 0 < eps -> exists X Y,
     [/\ Q eps X Y, forall i j, `|CX i j - X i j| < eps & forall i j, `|CY i j - Y i j| < eps].
Proof.
move=> mono bd; pose I := [finType of ('I_m * 'I_r) + ('I_p * 'I_q)].
pose lmx (v : {ffun I -> F}) : 'M[F]_(m, r) := \matrix_(i, j) v (inl (i, j)).
pose rmx (v : {ffun I -> F}) : 'M[F]_(p, q) := \matrix_(i, j) v (inr (i, j)).
have [] := @compact_finite I M (fun e v => Q e (lmx v) (rmx v)).
- by move=> d e v; apply: mono.
- move=> eps /bd[X [Y [QXY bX bY]]].
  pose v : {ffun I -> F} := [ffun x => match x with inl a => X a.1 a.2 | inr a => Y a.1 a.2 end].
  exists v; last by case=> [[i j]|[i j]]; rewrite ffunE.
  suff [-> ->] : lmx v = X /\ rmx v = Y by [].
  by split; apply/matrixP => i j; rewrite mxE ffunE.
move=> c hc; exists (lmx c), (rmx c) => eps /hc[v Qv h].
by exists (lmx v), (rmx v); split=> // i j; rewrite !mxE.
Qed.

(** ** Products of matrices that are close are close *)
Lemma product_close m r n (X X' : 'M[F]_(m, r)) (Y Y' : 'M[F]_(r, n)) (M d : F) :
  (forall i j, `|X i j| <= M) -> (forall i j, `|Y' i j| <= M) ->
  (forall i j, `|X i j - X' i j| <= d) -> (forall i j, `|Y i j - Y' i j| <= d) -> 0 <= M -> 0 <= d ->
  forall i j, `|(X *m Y) i j - (X' *m Y') i j| <= r%:R * (2%:R * M * d).
Proof.
move=> bX bY dX dY M0 d0 i j; rewrite !mxE -sumrB.
apply: le_trans (ler_norm_sum _ _ _) _.
have -> : r%:R * (2%:R * M * d) = \sum_(k < r) (2%:R * M * d) by rewrite sumr_const card_ord mulr_natl.
apply: ler_sum => k _.
have -> : X i k * Y k j - X' i k * Y' k j = X i k * (Y k j - Y' k j) + (X i k - X' i k) * Y' k j.
  by rewrite mulrBr mulrBl addrA subrK.
apply: le_trans (ler_norm_add _ _) _; rewrite !normrM.
rewrite -mulrA [2%:R * _]mulr_natl mulr2n ler_add //.
  by rewrite ler_pmul ?normr_ge0.
by rewrite mulrC ler_pmul ?normr_ge0.
Qed.

(** For every [eps] a [d] that is small enough in [product_close]. *)
Lemma small_enough r (M eps : F) : 0 <= M -> 0 < eps ->
  exists d, [/\ 0 < d, d <= eps, d <= 1 & r%:R * (2%:R * M * d) < eps].
Proof.
move=> M0 e0; pose K : F := r%:R * (2%:R * M).
have K0 : 0 <= K by rewrite /K !mulr_ge0 ?ler0n.
have K1 : 0 < K + 1 := ltr_paddl K0 ltr01.
have [d [d0 d1 d2]] := below_both (ltr01 : 0 < 1 :> F) e0.
have [e [e1 e2 e3]] := below_both d0 (divr_gt0 (half_gt0 e0) K1).
exists e; split=> //; [exact: le_trans e2 d2 | exact: le_trans e2 d1 |].
apply: le_lt_trans (_ : eps / 2%:R < _); last first.
  by rewrite ltr_pdivr_mulr ?ltr0n // ltr_pmulr // ltr1n.
rewrite ler_pdivl_mulr // in e3.
by apply: le_trans e3; rewrite mulrA -/K mulrC ler_pmul2l // ler_addl ler01.
Qed.

(** Factors that stay bounded: a limit of their products is a product, of factors that are
    themselves limits. [R] is what is known of the factors. *)
Lemma bounded_relation m r n (R : F -> 'M[F]_(m, r) -> 'M[F]_(r, n) -> Prop)
    (Omega : support m n) (A : 'M[F]_(m, n)) (M : F) :
  0 <= M -> (forall d e X Y, 0 < d -> d <= e -> R d X Y -> R e X Y) ->
  (forall eps, 0 < eps -> exists X Y, [/\ R eps X Y,
     (forall i j, Omega i j -> `|A i j - (X *m Y) i j| < eps),
     forall i j, `|X i j| <= M & forall i j, `|Y i j| <= M]) ->
  exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)),
    (forall eps, 0 < eps -> exists X' Y',
       [/\ R eps X' Y', forall i j, `|X i j - X' i j| < eps & forall i j, `|Y i j - Y' i j| < eps]) /\
    (forall i j, Omega i j -> A i j = (X *m Y) i j).
Proof.
move=> M0 mono bd.
have M1 : 0 <= M + 1 := addr_ge0 M0 ler01.
have [] := @compact_pair m r r n M (fun e X Y => [/\ R e X Y, (forall i j, Omega i j -> `|A i j - (X *m Y) i j| < e),
     forall i j, `|X i j| <= M & forall i j, `|Y i j| <= M]).
- move=> d e X Y d0 de [RXY h bX bY]; split=> //; first exact: mono RXY.
  by move=> i j /h hij; apply: lt_le_trans de.
- by move=> eps /bd[X [Y [RXY h bX bY]]]; exists X, Y.
move=> X [Y h]; exists X, Y; split; first by move=> eps /h[X' [Y' [[RXY _ _ _] hX hY]]]; exists X', Y'.
move=> i j O; apply/eqP; rewrite -subr_eq0; apply/eqP/small_eq0 => eps e0.
have [d [d0 de d1 small]] := small_enough r M1 (half_gt0 e0).
have [X' [Y' [[_ hA bX bY] hX hY]]] := h _ d0.
have near := hA i j O; have hY' i' j' : `|Y' i' j'| <= M + 1 by rewrite (le_trans (bY i' j')) // ler_addl ler01.
have hX' i' j' : `|X i' j'| <= M + 1.
  rewrite -[X i' j'](subrK (X' i' j')) addrC; apply: le_trans (ler_norm_add _ _) _.
  by rewrite ler_add // (le_trans (ltW (hX i' j'))).
have far : `|(X *m Y) i j - (X' *m Y') i j| < eps / 2%:R.
  apply: le_lt_trans (product_close hX' hY' _ _ M1 (ltW d0) i j) small => i' j'; exact: ltW.
rewrite [eps]splitr (_ : A i j - _ = (A i j - (X' *m Y') i j) - ((X *m Y) i j - (X' *m Y') i j)).
  by apply: le_lt_trans (ler_norm_sub _ _) _; rewrite ltr_add // (lt_le_trans near).
by rewrite opprB addrA subrK.
Qed.

(** [P] and [Q] are what the factors belong to. *)
Corollary bounded_factors m r n (P : 'M[F]_(m, r) -> Prop) (Q : 'M[F]_(r, n) -> Prop)
    (Omega : support m n) (A : 'M[F]_(m, n)) (M : F) :
  0 <= M -> closed P -> closed Q ->
  (forall eps, 0 < eps -> exists X Y, [/\ P X, Q Y,
     (forall i j, Omega i j -> `|A i j - (X *m Y) i j| < eps),
     forall i j, `|X i j| <= M & forall i j, `|Y i j| <= M]) ->
  exists X Y, [/\ P X, Q Y & forall i j, Omega i j -> A i j = (X *m Y) i j].
Proof.
move=> M0 clP clQ bd.
have [|eps /bd[X [Y [PX QY h bX bY]]]|X [Y [h e]]] := @bounded_relation m r n (fun _ X Y => P X /\ Q Y) Omega A M M0.
- by [].
- by exists X, Y.
exists X, Y; split=> //.
- by apply: clP => eps /h[X' [Y' [[PX _] hX _]]]; exists X'.
- by apply: clQ => eps /h[X' [Y' [[_ QY] _ hY]]]; exists Y'.
Qed.

(** For two supports. *)
Corollary bounded_products m r n (S : support m r) (T : support r n) (Omega : support m n)
    (A : 'M[F]_(m, n)) (M : F) : 0 <= M ->
  (forall eps, 0 < eps -> exists X Y, [/\ respects S X, respects T Y,
     (forall i j, Omega i j -> `|A i j - (X *m Y) i j| < eps),
     forall i j, `|X i j| <= M & forall i j, `|Y i j| <= M]) ->
  masked_products S T Omega A.
Proof.
by move=> M0; apply: bounded_factors => // B lim i j ns; apply: limit_entry0 lim => C; apply.
Qed.
End Compactness.
