(** * Structural rules

    Each theorem is the rule of the same name of [docs/rules]; it reduces
    closedness of one pattern to closedness of smaller ones. None of them
    needs more of the field than its norm, so none needs completeness. Those
    that do are in [Twins.v] and [Nested.v]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Structure.
Variable F : numFieldType.

(** ** single: all matrices with a support *)
Theorem single m n (S : support m n) : closed (@respects F m n S).
Proof. by move=> A lim i j ns; apply: limit_entry0 lim => B; apply. Qed.

(** ** Transposition *)
Definition turned m n (S : support m n) : support n m := fun j i => S i j.

Lemma products_turned m r n (S : support m r) (T : support r n) (A : 'M[F]_(m, n)) :
  products S T A <-> products (turned T) (turned S) A^T.
Proof.
split=> -[X [Y [hX hY e]]]; exists Y^T, X^T.
  by rewrite e trmx_mul; split=> // i k ns; rewrite mxE; [apply: hY | apply: hX].
rewrite -trmx_mul -e trmxK; split=> // i k ns; rewrite mxE; [exact: hY | exact: hX].
Qed.

Theorem transposed m r n (S : support m r) (T : support r n) :
  closed (@products F n r m (turned T) (turned S)) -> closed (@products F m r n S T).
Proof.
move=> cl A lim; apply/products_turned; apply: cl => eps /lim[B /products_turned PB h].
by exists B^T => // i j; rewrite !mxE.
Qed.

(** ** trim: entries on no path do not matter *)
Definition meets r n (T : support r n) (k : 'I_r) : bool := [exists j, T k j].

Lemma products_trim m r n (S : support m r) (T : support r n) (A : 'M[F]_(m, n)) :
  products (fun i k => S i k && meets T k) T A <-> products S T A.
Proof.
split=> -[X [Y [hX hY ->]]].
  by exists X, Y; split=> // i k ns; apply: hX; rewrite negb_and ns.
exists (\matrix_(i, k) if meets T k then X i k else 0), Y; split=> //.
  move=> i k; rewrite mxE negb_and; case: ifP => // _.
  by rewrite orbF; apply: hX.
apply/matrixP => i j; rewrite !mxE; apply: eq_bigr => k _; rewrite mxE.
case: ifPn => // /existsPn nT; by rewrite (hY k j (nT j)) !mulr0.
Qed.

Theorem trim m r n (S : support m r) (T : support r n) :
  closed (@products F m r n (fun i k => S i k && meets T k) T) -> closed (@products F m r n S T).
Proof. exact: closed_ext (products_trim S T). Qed.

(** The same in a chain: only indices from which the rest of the chain leads somewhere count. *)
Fixpoint reaches m n (C : chain m n) : 'I_m -> 'I_n -> bool :=
  match C with
  | One _ _ U => U
  | Times _ _ _ U C' => fun i j => [exists k, U i k && reaches C' k j]
  end.

Lemma reaches0 m n (C : chain m n) (A : 'M[F]_(m, n)) :
  chain_products C A -> forall i j, ~~ reaches C i j -> A i j = 0.
Proof.
elim: C A => [{m n}m n S|{m n}m r n S C IH] A /=; first by move=> h i j; apply: h.
case=> W [B [hW hB ->]] i j /existsPn nr; rewrite mxE big1 // => k _.
have := nr k; rewrite negb_and => /orP[/hW->|/(IH _ hB)->]; by rewrite ?mul0r ?mulr0.
Qed.

Lemma chain_trim_products m r n (S : support m r) (C : chain r n) (A : 'M[F]_(m, n)) :
  chain_products (Times (fun i k => S i k && [exists j, reaches C k j]) C) A <->
  chain_products (Times S C) A.
Proof.
split=> -[W [B [hW hB ->]]].
  by exists W, B; split=> // i k ns; apply: hW; rewrite negb_and ns.
exists (\matrix_(i, k) if [exists j, reaches C k j] then W i k else 0), B; split=> //.
  move=> i k; rewrite mxE negb_and; case: ifP => // _.
  by rewrite orbF; apply: hW.
apply/matrixP => i j; rewrite !mxE; apply: eq_bigr => k _; rewrite mxE.
case: ifPn => // /existsPn nT; by rewrite (reaches0 hB (nT j)) !mulr0.
Qed.

Theorem chain_trim m r n (S : support m r) (C : chain r n) :
  closed (@chain_products F _ _ (Times (fun i k => S i k && [exists j, reaches C k j]) C)) ->
  closed (@chain_products F _ _ (Times S C)).
Proof. exact: closed_ext (chain_trim_products S C). Qed.

(** ** nothing: no cell of a support is looked at *)
Definition covered m r n (S : support m r) (T : support r n) (K : pred 'I_r) : support m n :=
  fun i j => [exists k, [&& K k, S i k & T k j]].

(** A product is zero off the cells that the hidden indices with an entry cover. *)
Lemma product_uncovered m r n (S : support m r) (T : support r n) (K : pred 'I_r)
    (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)) i j :
  respects (fun i k => S i k && K k) X -> respects T Y -> ~~ covered S T K i j -> (X *m Y) i j = 0.
Proof.
move=> hX hY /existsPn nc; rewrite mxE big1 // => k _; have := nc k.
rewrite andbA [K k && _]andbC negb_and => /orP[/hX->|/hY->]; by rewrite ?mul0r ?mulr0.
Qed.

Theorem nothing m r n (S : support m r) (T : support r n) (Omega : support m n) :
  (forall i j, Omega i j -> ~~ covered S T predT i j) -> closed (@masked_products F m r n S T Omega).
Proof.
move=> no A lim; exists 0, 0; split=> [i k _|k j _|i j Oij]; [by rewrite mxE | by rewrite mxE |].
rewrite mul0mx mxE; apply: (limit_entry0 _ lim) => B [X [Y [hX hY e]]].
rewrite e //; apply: (product_uncovered _ hY (no _ _ Oij)) => i' k.
by rewrite andbT; apply: hX.
Qed.

(** ** extend: deleting rows and columns keeps sets closed

    [f] and [g] name the rows and columns of the smaller pattern in the larger one. *)
Theorem extend m r n m' n' (S : support m r) (T : support r n) (Omega : support m n)
    (f : 'I_m' -> 'I_m) (g : 'I_n' -> 'I_n) : injective f -> injective g ->
  closed (@masked_products F m r n S T Omega) ->
  closed (@masked_products F m' r n' (fun i k => S (f i) k) (fun k j => T k (g j)) (fun i j => Omega (f i) (g j))).
Proof.
move=> injf injg cl A' lim.
pose big (B : 'M[F]_(m', n')) : 'M[F]_(m, n) := \matrix_(i, j)
  if [pick a | f a == i] is Some a then if [pick b | g b == j] is Some b then B a b else 0 else 0.
have pickf a : [pick a' | f a' == f a] = Some a.
  by case: pickP => [a' /eqP/injf->//|/(_ a)]; rewrite eqxx.
have pickg b : [pick b' | g b' == g b] = Some b.
  by case: pickP => [b' /eqP/injg->//|/(_ b)]; rewrite eqxx.
have bigE B a b : big B (f a) (g b) = B a b by rewrite mxE pickf pickg.
have PA : masked_products S T Omega (big A').
  apply: cl => eps e0; have [B' [X' [Y' [hX hY e]]] h] := lim _ e0.
  pose X : 'M[F]_(m, r) := \matrix_(i, k) if [pick a | f a == i] is Some a then X' a k else 0.
  pose Y : 'M[F]_(r, n) := \matrix_(k, j) if [pick b | g b == j] is Some b then Y' k b else 0.
  pose B : 'M[F]_(m, n) := \matrix_(i, j) if Omega i j then (X *m Y) i j else big A' i j.
  have BE i j : B i j = if Omega i j then (X *m Y) i j else big A' i j by rewrite mxE.
  exists B.
    exists X, Y; split=> [i k ns|k j ns|i j O]; last by rewrite BE O.
    - by rewrite mxE; case: pickP => // a /eqP fa; apply: hX; rewrite fa.
    - by rewrite mxE; case: pickP => // b /eqP gb; apply: hY; rewrite gb.
  move=> i j; rewrite BE; case: ifP => O; last by rewrite subrr normr0.
  have [a /eqP fa|nf] := pickP (fun a => f a == i); last first.
    have -> : big A' i j = 0 by rewrite mxE; case: pickP => // a; rewrite nf.
    rewrite mxE big1 ?subrr ?normr0 // => k _; rewrite mxE.
    by case: pickP => [a|_]; rewrite ?nf // mul0r.
  have [b /eqP gb|ng] := pickP (fun b => g b == j); last first.
    have -> : big A' i j = 0 by rewrite mxE; case: pickP => // ? _; case: pickP => // b; rewrite ng.
    rewrite mxE big1 ?subrr ?normr0 // => k _; rewrite [Y _ _]mxE.
    by case: pickP => [b|_]; rewrite ?ng // mulr0.
  rewrite -fa -gb bigE; have -> : (X *m Y) (f a) (g b) = B' a b; last exact: h.
  rewrite e ?fa ?gb // !mxE; apply: eq_bigr => k _.
  by rewrite !mxE -fa -gb pickf pickg.
have [X [Y [hX hY e]]] := PA.
exists (\matrix_(a, k) X (f a) k), (\matrix_(k, b) Y k (g b)); split=> [a k ns|k b ns|a b O].
- by rewrite mxE; apply: hX.
- by rewrite mxE; apply: hY.
by rewrite -bigE (e _ _ O) !mxE; apply: eq_bigr => k _; rewrite !mxE.
Qed.

(** ** product: groups of hidden indices without a common looked-at cell

    [part] names the group of each hidden index. *)
Section Product.
Variables (m r n : nat) (S : support m r) (T : support r n) (Omega : support m n).
Variables (N : nat) (part : 'I_r -> 'I_N).

(** The supports of one group, on the rows' side; the other side stays as it is. *)
Definition group (q : 'I_N) : support m r := fun i k => S i k && (part k == q).

Hypothesis apart : forall i j p q,
  Omega i j -> covered S T (fun k => part k == p) i j -> covered S T (fun k => part k == q) i j -> p = q.

Theorem product :
  (forall q, closed (@masked_products F m r n (group q) T Omega)) -> closed (@masked_products F m r n S T Omega).
Proof.
move=> cl A lim.
pose share q : 'M[F]_(m, n) := \matrix_(i, j)
  if Omega i j && covered S T (fun k => part k == q) i j then A i j else 0.
have in_group q : masked_products (group q) T Omega (share q).
  apply: cl => eps e0; have [B [X [Y [hX hY e]]] h] := lim _ e0.
  pose Xq : 'M[F]_(m, r) := \matrix_(i, k) if part k == q then X i k else 0.
  have hXq : respects (group q) Xq.
    by move=> i k; rewrite mxE negb_and; case: eqP => // _; rewrite orbF; apply: hX.
  pose Bq : 'M[F]_(m, n) := \matrix_(i, j) if Omega i j then (Xq *m Y) i j else share q i j.
  have BE i j : Bq i j = if Omega i j then (Xq *m Y) i j else share q i j by rewrite mxE.
  exists Bq; first by exists Xq, Y; split=> // i j O; rewrite BE O.
  move=> i j; rewrite BE; case: ifP => O; last by rewrite subrr normr0.
  rewrite [share q i j]mxE O /=; case: ifPn => [cov|nc]; last first.
    by rewrite (product_uncovered (K := fun k => part k == q) hXq hY nc) subrr normr0.
  suff -> : (Xq *m Y) i j = B i j by apply: h.
  rewrite e // !mxE; apply: eq_bigr => k _; rewrite mxE; case: eqP => // /eqP ne.
  have [sk|/hX->] := boolP (S i k); last by rewrite !mul0r.
  have [tk|/hY->] := boolP (T k j); last by rewrite !mulr0.
  case/negP: ne; apply/eqP/(apart O) => //.
  by apply/existsP; exists k; rewrite eqxx sk tk.
have [pairs hp] : exists f : 'I_N -> 'M[F]_(m, r) * 'M[F]_(r, n), forall q,
    [/\ respects (group q) (f q).1, respects T (f q).2 &
        forall i j, Omega i j -> share q i j = ((f q).1 *m (f q).2) i j].
  apply: (@fin_all_exists _ _ (fun q (f : 'M[F]_(m, r) * 'M[F]_(r, n)) => [/\ respects (group q) f.1, respects T f.2 &
        forall i j, Omega i j -> share q i j = (f.1 *m f.2) i j])) => q.
  by have [X [Y h]] := in_group q; exists (X, Y).
exists (\matrix_(i, k) (pairs (part k)).1 i k), (\matrix_(k, j) (pairs (part k)).2 k j); split=> [i k ns|k j ns|i j O].
- by rewrite mxE; case: (hp (part k)) => h _ _; apply: h; rewrite /group (negbTE ns).
- by rewrite mxE; case: (hp (part k)) => _ h _; apply: h.
have [/existsP[k0 /and3P[_ sk tk]]|nc] := boolP (covered S T predT i j); last first.
  have -> : A i j = 0.
    have : masked_products S T Omega (\matrix_(a, b) 0) -> True by [].
    move=> _; apply: small_eq0 => eps /lim[B [X [Y [hX hY e]]] /(_ i j)].
    rewrite e // (product_uncovered _ hY nc) ?subr0 // => a k; rewrite andbT; exact: hX.
  rewrite mxE big1 // => k _; rewrite !mxE; have /existsPn/(_ k) := nc.
  rewrite /= negb_and => /orP[ns|nt]; case: (hp (part k)) => hx hy _.
    by rewrite hx ?mul0r // /group (negbTE ns).
  by rewrite hy ?mulr0.
pose q := part k0.
have cov : covered S T (fun k => part k == q) i j by apply/existsP; exists k0; rewrite eqxx sk tk.
have [hx hy e] := hp q.
have -> : A i j = share q i j by rewrite mxE O cov.
rewrite e // !mxE; apply: eq_bigr => k _; rewrite !mxE.
have [->//|ne] := eqVneq (part k) q.
rewrite hx ?mul0r; last by rewrite /group (negbTE ne) andbF.
have [hx' hy' _] := hp (part k).
have [sk'|ns] := boolP (S i k); last by rewrite hx' ?mul0r // /group (negbTE ns).
have [tk'|/hy'->] := boolP (T k j); last by rewrite mulr0.
case/eqP: ne; apply: (apart O) cov; apply/existsP; exists k; by rewrite eqxx sk' tk'.
Qed.
End Product.

(** ** full: hidden indices that alone give all matrices on their cells

    [K] are these hidden indices. They disappear, and so do the cells they cover. *)
Section Full.
Variables (m r n : nat) (S : support m r) (T : support r n) (Omega : support m n) (K : pred 'I_r).
Let own : support m r := fun i k => S i k && K k.
Let rest : support m r := fun i k => S i k && ~~ K k.
Let left_cells : support m n := fun i j => Omega i j && ~~ covered S T K i j.

Theorem full :
  (forall D : 'M[F]_(m, n), exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)),
     [/\ respects own X, respects T Y &
         forall i j, Omega i j -> covered S T K i j -> (X *m Y) i j = D i j]) ->
  closed (@masked_products F m r n rest T left_cells) -> closed (@masked_products F m r n S T Omega).
Proof.
move=> everything cl A lim.
have [X [Y [hX hY e]]] : masked_products rest T left_cells A.
  apply: cl => eps /lim[B [X [Y [hX hY e]]] h]; exists B => //.
  exists (\matrix_(i, k) if K k then 0 else X i k), Y; split=> // [i k|i j /andP[O nc]].
    by rewrite mxE negb_and negbK; case: (K k); rewrite ?orbT // orbF; apply: hX.
  rewrite e // !mxE; apply: eq_bigr => k _; rewrite mxE; case: ifP => // Kk.
  move/existsPn/(_ k): nc; rewrite Kk /= negb_and => /orP[/hX->|/hY->]; by rewrite ?mul0r ?mulr0.
have [X' [Y' [hX' hY' e']]] := everything (A - X *m Y).
exists (X + X'), (\matrix_(k, j) if K k then Y' k j else Y k j); split=> [i k ns|k j ns|i j O].
- by rewrite mxE hX ?hX' ?addr0 // /own /rest (negbTE ns).
- by rewrite mxE; case: ifP => _; [apply: hY' | apply: hY].
have -> : ((X + X') *m \matrix_(k, j) (if K k then Y' k j else Y k j)) i j = (X *m Y) i j + (X' *m Y') i j.
  rewrite !mxE -big_split; apply: eq_bigr => k _; rewrite !mxE /=.
  case: ifP => Kk; rewrite mulrDl.
    by rewrite hX ?mul0r // /rest Kk andbF.
  by rewrite hX' ?mul0r ?addr0 // /own Kk andbF.
have [cov|nc] := boolP (covered S T K i j).
  have -> : (X' *m Y') i j = A i j - (X *m Y) i j by rewrite e' // mxE [X in _ + X]mxE.
  by rewrite addrC subrK.
by rewrite -e ?(product_uncovered hX' hY' nc) ?addr0 // /left_cells O.
Qed.
End Full.

(** ** split: a support that is a disjoint union of bicliques

    [h] tells which hidden index each new one is a part of. *)
Section Split.
Variables (m r r' n : nat) (S : support m r) (T : support r n) (Omega : support m n).
Variables (h : 'I_r' -> 'I_r) (S' : support m r') (T' : support r' n).
Hypotheses (inS : forall i k, S' i k -> S i (h k)) (inT : forall k j, T' k j -> T (h k) j).
(** Two parts of one hidden index have no common row and no common column; *)
Hypothesis rows_apart : forall i k l, h k = h l -> S' i k -> S' i l -> k = l.
(** no looked-at cell lies in a row of one and a column of the other; *)
Hypothesis cells_apart : forall i j k l, Omega i j -> h k = h l -> S' i k -> T' l j -> k = l.
(** and each looked-at cell lies in one of the parts. *)
Hypothesis exhaust : forall i j k, Omega i j -> S i k -> T k j -> exists2 l, h l = k & S' i l && T' l j.

Lemma products_split (A : 'M[F]_(m, n)) : masked_products S' T' Omega A <-> masked_products S T Omega A.
Proof.
split=> -[X [Y [hX hY e]]].
  exists (\matrix_(i, k) \sum_(l | h l == k) X i l), (\matrix_(k, j) \sum_(l | h l == k) Y l j); split=> [i k ns|k j ns|i j O].
  - rewrite mxE big1 // => l /eqP hl; apply: hX; apply: contra ns => /inS; by rewrite hl.
  - rewrite mxE big1 // => l /eqP hl; apply: hY; apply: contra ns => /inT; by rewrite hl.
  rewrite e // !mxE (partition_big h predT) //=; apply: eq_bigr => k _; rewrite !mxE mulr_suml.
  apply: eq_bigr => l /eqP hl; rewrite (bigD1 l) ?hl //= mulrDr mulr_sumr big1 ?addr0 // => l' /andP[/eqP hl' ne].
  have [s|/hX->] := boolP (S' i l); last by rewrite mul0r.
  have [t|/hY->] := boolP (T' l' j); last by rewrite mulr0.
  by case/eqP: ne; apply/esym/(cells_apart O _ s t); rewrite hl hl'.
exists (\matrix_(i, l) if S' i l then X i (h l) else 0), (\matrix_(l, j) if T' l j then Y (h l) j else 0); split=> [i l ns|l j ns|i j O].
- by rewrite mxE (negbTE ns).
- by rewrite mxE (negbTE ns).
rewrite e // !mxE [RHS](partition_big h predT) //=; apply: eq_bigr => k _.
have [s|ns] := boolP (S i k); last first.
  rewrite hX // mul0r big1 // => l /eqP hl; rewrite !mxE; case: ifP => [/inS|_]; last by rewrite mul0r.
  by rewrite hl (negbTE ns).
have [t|nt] := boolP (T k j); last first.
  rewrite hY // mulr0 big1 // => l /eqP hl; rewrite !mxE; case: (T' l j) / idP => [/inT|_]; last by rewrite mulr0.
  by rewrite hl (negbTE nt).
have [l hl /andP[sl tl]] := exhaust O s t.
rewrite (bigD1 l) ?hl //= !mxE sl tl hl big1 ?addr0 // => l' /andP[/eqP hl' ne].
rewrite !mxE; case: ifP => [sl'|_]; last by rewrite mul0r.
by case/eqP: ne; apply: (rows_apart _ sl' sl); rewrite hl hl'.
Qed.

Theorem split : closed (@masked_products F m r' n S' T' Omega) -> closed (@masked_products F m r n S T Omega).
Proof. exact: closed_ext products_split. Qed.
End Split.

End Structure.
