(** * Chains of structural rules, checked by computation

    A tree of rules for two factors with cells that are not looked at: each
    node names a theorem of [Structure.v], [Nested.v], [Linear.v], [Sections.v] or [Generic.v],
    and what the theorem asks for is computed. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Structure Compactness Twins Nested Linear Polynomials Limit Dichotomy Patterns Classification Sections Generic DualBases Regular Witnesses.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

Inductive rules :=
| RCrossing
| RTurn of rules (* transposition *)
(** Hidden indices, a left factor, for each column a right inverse; the other hidden indices. *)
| RFull of seq nat & seq (seq Z) & seq (seq (seq Z)) & rules
(** The number of parts, the hidden index of each part, the supports of the parts. *)
| RSplit of nat & seq nat & seq (seq bool) & seq (seq bool) & rules
(** The hidden indices of the first group; both groups. *)
| RProduct of seq nat & rules & rules
(** All matrices with zeros on the other cells are products. *)
| REverything of sections
(** The supports of a larger pattern with the same set, and the rules for it. *)
| RLarger of seq (seq bool) & seq (seq bool) & sections & rules
(** Hidden indices, for each column the representatives of the rows (no hidden index: none), and the
    other hidden indices. *)
| RMatchings of seq nat & seq (seq nat) & rules
(** Cells that no hidden index covers are forgotten. *)
| RCovered of rules
(** The rows that are no twins, the twins, how many of these are left, the hidden indices and the columns of a cover. *)
| RTwins of seq nat & seq nat & nat & seq nat & seq nat & rules
(** New rows and columns, at the end: how many, and their supports. *)
| RExtend of nat & seq (seq bool) & nat & seq (seq bool) & rules
(** Hidden indices, those with the fewest zeros first. *)
| RDualBases of seq nat
(** Hidden indices, factors that multiply to zero, for each cell a number and a direction in which the
    product moves by this number there, and not at other cells; the other hidden indices. *)
| RRegular of seq nat & ztable & ztable & seq (seq (Z * ztable * ztable)) & rules.

Definition crossing_cells m r n (S T O : cells) : bool :=
  forall2 r r (fun k l => has (fun i => S i k && S i l) (iota 0 m) && has (fun j => T k j && T l j) (iota 0 n) ==>
    (all (fun i => S i k ==> S i l) (iota 0 m) && all (fun j => T l j ==> T k j) (iota 0 n)) ||
    (all (fun i => S i l ==> S i k) (iota 0 m) && all (fun j => T k j ==> T l j) (iota 0 n))) &&
  forall2 m n (fun i j => covers_cell r S T xpredT i j ==> O i j).

Definition full_cells m r n (S T O : cells) (K : nat -> bool) (X : seq (seq Z)) (V : seq (seq (seq Z))) : bool :=
  let asked i j := O i j && covers_cell r S T K i j in
  [&& forall2 m r (fun i k => S i k && K k || Z.eqb (get Z0 X i k) Z0),
      forall2 r n (fun k j => all (fun i => K k && T k j || Z.eqb (get Z0 (nth [::] V j) k i) Z0) (iota 0 m)) &
      forall2 m n (fun i j => all (fun i' => asked i j && asked i' j ==>
        Z.eqb (zsum (fun k => Z.mul (get Z0 X i k) (get Z0 (nth [::] V j) k i')) r) (if i == i' then Zpos xH else Z0)) (iota 0 m))].

Definition split_cells m r n r' (S T O : cells) (h : nat -> nat) (S' T' : cells) : bool :=
  [&& all (fun k => h k < r) (iota 0 r'),
      forall2 m r' (fun i k => S' i k ==> S i (h k)), forall2 r' n (fun k j => T' k j ==> T (h k) j),
      forall2 r' r' (fun k l => (h k == h l) && (k != l) ==> all (fun i => ~~ (S' i k && S' i l)) (iota 0 m)),
      forall2 r' r' (fun k l => (h k == h l) && (k != l) ==> forall2 m n (fun i j => ~~ [&& O i j, S' i k & T' l j])) &
      forall2 m n (fun i j => all (fun k => [&& O i j, S i k & T k j] ==>
        has (fun l => [&& h l == k, S' i l & T' l j]) (iota 0 r')) (iota 0 r))].

Definition matching_cells m r n (S T O : cells) (K : nat -> bool) (mu : seq (seq nat)) : bool :=
  [&& forall2 m n (fun i j => (get r mu j i < r) ==> [&& S i (get r mu j i), K (get r mu j i) & T (get r mu j i) j]),
      forall2 m n (fun i j => (get r mu j i < r) ==> all (fun i' => (get r mu j i == get r mu j i') ==> (i == i')) (iota 0 m)) &
      forall2 m n (fun i j => O i j && covers_cell r S T K i j ==> (get r mu j i < r))].

Definition with_twin_rows (others twins : seq nat) (S : cells) : cells :=
  fun i k => if i < size others then S (nth 0 others i) k else S (head 0 twins) k.

Definition twins_ok m r n (S T O : cells) (others twins : seq nat) d (K C : seq nat) : bool :=
  let x := head 0 twins in
  [&& all (fun i => (i \in others) || (i \in twins)) (iota 0 m), all (fun i => i < m) others, all (fun i => i < m) (x :: twins),
      all (fun y => all (fun k => S x k == S y k) (iota 0 r) && all (fun j => O x j == O y j) (iota 0 n)) twins,
      forall2 r n (fun k j => [&& S x k, O x j & T k j] ==> (k \in K) || (j \in C)) & size K + size C <= d].

Definition wider m (S : cells) (new : seq (seq bool)) : cells := fun i k => if i < m then S i k else get false new (i - m) k.

Definition zero_cells m n (S T : cells) k : nat := count (fun i => ~~ S i k) (iota 0 m) + count (fun j => ~~ T k j) (iota 0 n).

Definition dual_ok m r n (S T O : cells) (ks : seq nat) : bool :=
  [&& forall2 m n O, uniq ks, all (fun k => k < r) ks, size ks == minn r (minn m n) &
      all (fun s => zero_cells m n S T (nth 0 ks s) <= s) (iota 0 (size ks))].

Definition regular_ok m r n (S T O : cells) (K : nat -> bool) (X Y : ztable) (D : seq (seq (Z * ztable * ztable))) : bool :=
  let asked i j := O i j && covers_cell r S T K i j in
  let left U := forall2 m r (fun i k => S i k && K k || Z.eqb (get Z0 U i k) Z0) in
  let right V := forall2 r n (fun k j => T k j || Z.eqb (get Z0 V k j) Z0) in
  [&& left X, right Y, forall2 m n (fun i j => asked i j ==> Z.eqb (get Z0 (zproduct m r n X Y) i j) Z0) &
      forall2 m n (fun i' j' => asked i' j' ==>
        let: (c, U, V) := get (Z0, [::], [::]) D i' j' in
        let XV := zproduct m r n X V in
        let UY := zproduct m r n U Y in
        [&& ~~ Z.eqb c Z0, left U, right V & forall2 m n (fun i j => asked i j ==>
          Z.eqb (Z.add (get Z0 XV i j) (get Z0 UY i j)) (if (i == i') && (j == j') then c else Z0))])].

Fixpoint chain_ok (arch : bool) m r n (S T O : cells) (t : rules) : bool :=
  match t with
  | RCrossing => crossing_cells m r n S T O
  | RTurn t1 => chain_ok arch n r m (fun j k => T k j) (fun k i => S i k) (fun j i => O i j) t1
  | RFull K X V t1 => full_cells m r n S T O (mem K) X V &&
      chain_ok arch m r n (fun i k => S i k && ~~ mem K k) T (fun i j => O i j && ~~ covers_cell r S T (mem K) i j) t1
  | RSplit r' h S' T' t1 => split_cells m r n r' S T O (nth 0 h) (get false S') (get false T') &&
      chain_ok arch m r' n (get false S') (get false T') O t1
  | RProduct K t0 t1 =>
      [&& forall2 m n (fun i j => ~~ [&& O i j, covers_cell r S T (mem K) i j & covers_cell r S T (predC (mem K)) i j]),
          chain_ok arch m r n (fun i k => S i k && mem K k) T O t0 &
          chain_ok arch m r n (fun i k => S i k && ~~ mem K k) T O t1]
  | REverything s => all_products m r n S T O (entry_or_zero r n S T) [::] [::] s
  | RLarger S' T' s t1 =>
      [&& forall2 m r (fun i k => S i k ==> get false S' i k), forall2 r n (fun k j => T k j ==> get false T' k j),
          all_products m r n S T O (fun i j => sub m r n S' T' (i * n + j)) [::] [::] s &
          chain_ok arch m r n (get false S') (get false T') O t1]
  | RMatchings K mu t1 => matching_cells m r n S T O (mem K) mu &&
      chain_ok arch m r n (fun i k => S i k && ~~ mem K k) T (fun i j => O i j && ~~ covers_cell r S T (mem K) i j) t1
  | RCovered t1 => chain_ok arch m r n S T (fun i j => O i j && covers_cell r S T xpredT i j) t1
  | RTwins others twins d K C t1 => twins_ok m r n S T O others twins d K C &&
      chain_ok arch (size others + d) r n (with_twin_rows others twins S) T (with_twin_rows others twins O) t1
  | RExtend a rows b columns t1 => chain_ok arch (m + a) r (n + b) (wider m S rows)
      (fun k j => wider n (fun j k => T k j) columns j k) (fun i j => (i < m) && (j < n) ==> O i j) t1
  | RDualBases ks => dual_ok m r n S T O ks
  | RRegular K X Y D t1 => [&& arch, regular_ok m r n S T O (mem K) X Y D &
      chain_ok arch m r n (fun i k => S i k && ~~ mem K k) T (fun i j => O i j && ~~ covers_cell r S T (mem K) i j) t1]
  end.

Local Open Scope ring_scope.

Section Sound.
Variable F : numFieldType.
Hypothesis compactF : compact F.

(** Where [arch] allows it the rule [regular] is used. *)
Variable arch : bool.
Hypothesis archimedeanF : arch -> archimedean F.

Definition cells_closed m r n (S T O : cells) : Prop :=
  closed (@masked_products F m r n (shown S) (shown T) (shown O)).

Lemma masked_ext m r n (S S' : support m r) (T T' : support r n) (O O' : support m n) (A : 'M[F]_(m, n)) :
  (forall i k, S i k = S' i k) -> (forall k j, T k j = T' k j) -> (forall i j, O i j = O' i j) ->
  masked_products S T O A <-> masked_products S' T' O' A.
Proof.
move=> eS eT eO; split=> -[X [Y [hX hY e]]]; exists X, Y; split.
- exact: respects_ext hX.
- exact: respects_ext hY.
- by move=> i j; rewrite -eO; apply: e.
- exact: respects_ext hX.
- exact: respects_ext hY.
- by move=> i j; rewrite eO; apply: e.
Qed.

Lemma masked_turned m r n (S : support m r) (T : support r n) (O : support m n) :
  closed (@masked_products F n r m (turned T) (turned S) (turned O)) -> closed (@masked_products F m r n S T O).
Proof.
have flip m' r' n' (S' : support m' r') (T' : support r' n') (O' : support m' n') (A : 'M[F]_(m', n')) :
    masked_products S' T' O' A -> masked_products (turned T') (turned S') (turned O') A^T.
  case=> X [Y [hX hY e]]; exists Y^T, X^T; split=> [i k ns|k j ns|i j o].
  - by rewrite mxE; apply: hY.
  - by rewrite mxE; apply: hX.
  by rewrite -trmx_mul !mxE e // !mxE.
move=> cl A lim; have PA : masked_products (turned T) (turned S) (turned O) A^T.
  apply: cl => eps /lim[B PB h]; exists B^T; first exact: flip PB.
  by move=> i j; rewrite !mxE.
by have := flip _ _ _ _ _ _ _ PA; rewrite trmxK.
Qed.

Lemma covered_closed m r n (S T O : cells) :
  cells_closed m r n S T (fun i j => O i j && covers_cell r S T xpredT i j) -> cells_closed m r n S T O.
Proof.
move=> cl A lim; have [|X [Y [hX hY e]]] := cl A.
  move=> eps /lim[B [X [Y [hX hY e]]] near]; exists B => //; exists X, Y; split=> // i j /andP[o _].
  exact: e.
exists X, Y; split=> // i j o; have [c|] := boolP (covers_cell r S T xpredT i j); first by apply: e; apply/andP.
rewrite -(@coversE m r n S T xpredT i j) => nc.
have zero (X' : 'M[F]_(m, r)) (Y' : 'M[F]_(r, n)) : respects (shown S) X' -> respects (shown T) Y' -> (X' *m Y') i j = 0.
  move=> hX' hY'; apply: (product_uncovered _ hY' nc).
  by move=> i' k; rewrite andbT; apply: hX'.
rewrite zero //; apply: limit_entry0 lim => B [X' [Y' [hX' hY' e']]].
by rewrite e' // zero.
Qed.

Lemma twins_closed m r n (S T O : cells) others tw d K C : twins_ok m r n S T O others tw d K C ->
  cells_closed (size others + d) r n (with_twin_rows others tw S) T (with_twin_rows others tw O) -> cells_closed m r n S T O.
Proof.
case/and5P=> every lo /andP[lx lt] same /andP[cover small] cl; set x := head 0%N tw in lx same cover.
pose a := size others; pose p := size tw.
pose S0 : support a r := fun i k => S (nth 0%N others i) k; pose O0 : support a n := fun i j => O (nth 0%N others i) j.
have sameS y k : y \in tw -> (k < r)%N -> S y k = S x k.
  by move=> /(allP same)/andP[h _] lt'; have /eqP-> := all_iota_lt h lt'.
have sameO y j : y \in tw -> (j < n)%N -> O y j = O x j.
  by move=> /(allP same)/andP[_ h] lt'; have /eqP-> := all_iota_lt h lt'.
have least q (s : seq nat) : (#|listed q s| <= size s)%N.
  rewrite cardE -(size_map val); apply: uniq_leq_size => [|k].
    by rewrite map_inj_uniq ?enum_uniq //; apply: val_inj.
  by case/mapP=> k'; rewrite mem_enum inE => + ->.
have big : closed (@masked_products F (a + p) r n (with_twins S0 (fun k => S x k)) (shown T) (with_twins O0 (fun j => O x j))).
  apply: (@Twins.twins F compactF a p d r n S0 (fun k => S x k) (shown T) O0 (fun j => O x j) (listed r K) (listed n C)).
  - move=> k j sk oj tkj; have := implyP (forall2P cover k j); rewrite sk oj [T _ _]tkj => /(_ isT).
    by rewrite !inE.
  - exact: leq_trans (leq_add (least _ _) (least _ _)) small.
  apply: closed_ext cl => A; apply: masked_ext => // i k; rewrite /with_twins /with_twin_rows /shown.
    by case: splitP => i' e //; rewrite /S0 -e.
  by case: splitP => i' e //; rewrite /O0 -e.
have inf (i : 'I_m) : (index (val i) (others ++ tw) < a + p)%N.
  by rewrite -size_cat index_mem mem_cat; apply: (all_iota_lt every (ltn_ord i)).
pose f i := Ordinal (inf i).
have back (i : 'I_m) : nth 0%N (others ++ tw) (f i) = i.
  by rewrite nth_index // mem_cat; apply: (all_iota_lt every (ltn_ord i)).
have injf : injective f by move=> i i' e; apply: val_inj; rewrite /= -(back i) -(back i') e.
have := extend injf (@inj_id 'I_n) big; apply: closed_ext => A; apply: masked_ext => // i k; have := back i.
  rewrite /with_twins /S0 /shown nth_cat; case: splitP => i' e'; rewrite e' => e; first by rewrite e.
  by rewrite addKn in e; rewrite -e sameS ?mem_nth.
rewrite /with_twins /O0 /shown nth_cat; case: splitP => i' e'; rewrite e' => e; first by rewrite e.
by rewrite addKn in e; rewrite -e sameO ?mem_nth.
Qed.

Lemma extended_closed m r n (S T O : cells) a rows b columns :
  cells_closed (m + a) r (n + b) (wider m S rows) (fun k j => wider n (fun j k => T k j) columns j k)
    (fun i j => (i < m)%N && (j < n)%N ==> O i j) -> cells_closed m r n S T O.
Proof.
move=> cl; have := extend (@lshift_inj m a) (@lshift_inj n b) cl.
apply: closed_ext => A; apply: masked_ext => [i k|k j|i j]; rewrite /shown /wider /= ?ltn_ord //.
Qed.

Lemma dual_closed m r n (S T O : cells) ks : dual_ok m r n S T O ks -> cells_closed m r n S T O.
Proof.
case/and5P=> all un lt /eqP sz few; pose k0 := [seq insub k : option 'I_r | k <- ks].
have [ls els] : exists ls : seq 'I_r, [seq val k | k <- ls] = ks.
  elim: (ks) lt => [|k s IH] /=; first by exists [::].
  by case/andP=> lt /IH[ls <-]; exists (Ordinal lt :: ls).
have unl : uniq ls by rewrite -(map_inj_uniq val_inj) els.
have szl : size ls = size ks by rewrite -els size_map.
apply: closed_ext (_ : closed (@products F m r n (shown S) (shown T))) => [A|].
  by apply: iff_sym; apply: masked_by_all => i j; apply: (forall2P all i j).
apply: (dual_bases_closed (ks := ls)) => // [|s k lts]; first by rewrite szl.
rewrite szl in lts; have := all_iota_lt few lts; rewrite -els (nth_map k) ?szl //.
have counted q (f : nat -> bool) : #|[set i : 'I_q | f i]| = count f (iota 0 q).
  rewrite -size_filter -(card_listed (n := q)) ?filter_uniq ?iota_uniq //; last first.
    by apply/allP => i; rewrite mem_filter mem_iota add0n => /and3P[].
  apply: eq_card => i; rewrite !inE mem_filter mem_iota /= add0n.
  have -> : (val i < q)%N by apply: ltn_ord.
  by rewrite andbT.
by rewrite /zero_cells /zeros -!counted.
Qed.


Lemma regular_closed m r n (S T O : cells) (K : seq nat) X Y D : arch -> regular_ok m r n S T O (mem K) X Y D ->
  cells_closed m r n (fun i k => S i k && ~~ mem K k) T (fun i j => O i j && ~~ covers_cell r S T (mem K) i j) ->
  cells_closed m r n S T O.
Proof.
move=> ar /and4P[hX hY zero onto] cl.
have cellE (i : 'I_m) (j : 'I_n) : shown O i j && covered (shown S) (shown T) (fun k : 'I_r => mem K (val k)) i j =
    O i j && covers_cell r S T (mem K) i j by rewrite coversE.
have left U : forall2 m r (fun i k => S i k && mem K k || Z.eqb (get Z0 U i k) Z0) ->
    respects (fun (i : 'I_m) (k : 'I_r) => shown S i k && mem K (val k)) (zmx F m r U).
  move=> h i k /negbTE ns; rewrite mxE; have := forall2P h i k.
  by rewrite -[S i k]/(shown S i k) ns => /Z.eqb_spec->.
have right V : forall2 r n (fun k j => T k j || Z.eqb (get Z0 V k j) Z0) -> respects (shown T) (zmx F r n V).
  move=> h k j /negbTE ns; rewrite mxE; have := forall2P h k j.
  by rewrite -[T k j]/(shown T k j) ns => /Z.eqb_spec->.
apply: (full_by_derivative (K := fun k : 'I_r => mem K (val k)) (X0 := zmx F m r X) (Y0 := zmx F r n Y) compactF (archimedeanF ar)).
- exact: left.
- exact: right.
- move=> i j; rewrite cellE => c; rewrite -zmx_product mxE.
  by have /Z.eqb_spec-> := implyP (forall2P zero i j) c.
- move=> E; have [f hf] : exists f : 'I_m * 'I_n -> 'M[F]_(m, r) * 'M[F]_(r, n), forall c : 'I_m * 'I_n,
    [/\ respects (fun (i : 'I_m) (k : 'I_r) => shown S i k && mem K (val k)) (f c).1, respects (shown T) (f c).2 &
        forall (i : 'I_m) (j : 'I_n), O i j && covers_cell r S T (mem K) i j ->
          (zmx F m r X *m (f c).2 + (f c).1 *m zmx F r n Y) i j = if (i, j) == c then E i j else 0].
    apply: (@fin_all_exists _ _ (fun (c : 'I_m * 'I_n) (w : 'M[F]_(m, r) * 'M[F]_(r, n)) =>
      [/\ respects (fun (i : 'I_m) (k : 'I_r) => shown S i k && mem K (val k)) w.1, respects (shown T) w.2 &
        forall (i : 'I_m) (j : 'I_n), O i j && covers_cell r S T (mem K) i j ->
          (zmx F m r X *m w.2 + w.1 *m zmx F r n Y) i j = if (i, j) == c then E i j else 0])).
    case=> i' j'; have [asked|no] := boolP (O i' j' && covers_cell r S T (mem K) i' j'); last first.
      exists (0, 0); split=> [i k _|k j _|i j c]; rewrite /= ?mulmx0 ?mul0mx ?addr0 mxE //.
      by case: eqP => // -[ei ej]; rewrite -ei -ej c in no.
    have := implyP (forall2P onto i' j') asked; case: (get _ D i' j') => [[c U] V] /and4P[/(from_Z_neq0 F) c0 hU hV h].
    exists ((E i' j' / from_Z F c) *: zmx F m r U, (E i' j' / from_Z F c) *: zmx F r n V); split=> [i k ns|k j ns|i j as']; rewrite /=.
    + by rewrite mxE (left U hU) ?mulr0.
    + by rewrite mxE (right V hV) ?mulr0.
    have /Z.eqb_spec e := implyP (forall2P h i j) as'.
    rewrite -scalemxAr -scalemxAl -scalerDr -!zmx_product mxE [X in _ * X]mxE [X in _ * (X + _)]mxE [X in _ * (_ + X)]mxE.
    rewrite -from_ZD e -[(i, j) == (i', j')]/((i == i') && (j == j')) -!val_eqE.
    case: ifP => [/andP[/eqP/val_inj-> /eqP/val_inj->]|_]; last by rewrite mulr0.
    by rewrite divfK.
  exists (\sum_c (f c).1), (\sum_c (f c).2); split=> [i k ns|k j ns|i j].
  + by rewrite summxE big1 // => c _; have [-> //] := hf c.
  + by rewrite summxE big1 // => c _; have [_ -> //] := hf c.
  rewrite cellE => asked; rewrite mulmx_sumr mulmx_suml -big_split summxE (bigD1 (i, j)) //=.
  have [_ _ ->] := hf (i, j); rewrite // eqxx big1 ?addr0 // => c ne.
  by have [_ _ ->] := hf c; rewrite // eq_sym (negbTE ne).
apply: closed_ext cl => A; apply: masked_ext => // i j.
by rewrite /shown coversE.
Qed.

Theorem chain_ok_closed t m r n S T O : chain_ok arch m r n S T O t -> cells_closed m r n S T O.
Proof.
elim: t m r n S T O => [|t IH|K X V t IH|r' h S' T' t IH|K t0 IH0 t1 IH1|s|S' T' s t IH|K mu t IH|t IH|o w d K C t IH|a R b C t IH|ks|K X Y D t IH] m r n S T O /=; last 8 first.
- exact: everything.
- by case/and4P=> inS inT all /IH; apply: larger inS inT all.
- case/andP=> /and3P[inST inj some] /IH cl.
  have rep (i : 'I_m) (j : 'I_n) (k : 'I_r) : insub (get r mu j i) = Some k -> get r mu j i = k.
    by case: insubP => // k' _ e [<-].
  apply: (full_by_matchings (K := fun k : 'I_r => mem K (val k)) (mu := fun j i => insub (get r mu j i))); last first.
  + by apply: closed_ext cl => A; apply: masked_ext => // i j; rewrite /shown coversE.
  + move=> i j o c; have := implyP (forall2P some i j); rewrite -coversE -[O i j]/(shown O i j) o c => /(_ isT) lt.
    by rewrite insubT.
  move=> j; split=> [i k /rep e|i i' k /rep e /rep e'].
    by have := implyP (forall2P inST i j); rewrite e ltn_ord => /(_ isT).
  have := implyP (forall2P inj i j); rewrite e ltn_ord => /(_ isT) same.
  by have := all_iota_lt same (ltn_ord i'); rewrite e' eqxx => /eqP/val_inj.
- by move/IH; apply: covered_closed.
- by case/andP=> ok /IH; apply: twins_closed ok.
- by move/IH; apply: extended_closed.
- exact: dual_closed.
- by case/and3P=> ar ok /IH; apply: regular_closed ok.
- case/andP=> nest all; apply: (crossing compactF).
    move=> k l /andP[/existsP[i /andP[ik il]] /existsP[j /andP[jk jl]]].
    have := forall2P nest k l.
    have -> : has (fun i => S i k && S i l) (iota 0 m).
      by apply/hasP; exists (val i); rewrite ?mem_iota //=; apply/andP.
    have -> : has (fun j => T k j && T l j) (iota 0 n).
      by apply/hasP; exists (val j); rewrite ?mem_iota //=; apply/andP.
    case/orP=> /andP[a b]; [left | right]; split=> q; apply/implyP.
    + exact: (all_iota_lt a (ltn_ord q)).
    + exact: (all_iota_lt b (ltn_ord q)).
    + exact: (all_iota_lt a (ltn_ord q)).
    + exact: (all_iota_lt b (ltn_ord q)).
  move=> i k j s u; apply: (implyP (forall2P all i j)).
  by apply/hasP; exists (val k); rewrite ?mem_iota //=; apply/andP.
- by move/IH => cl; apply: masked_turned.
- case/andP=> /and3P[hX hV inv] /IH cl.
  apply: (full (K := fun k : 'I_r => mem K (val k))); last first.
    apply: closed_ext cl => A; apply: masked_ext => // i j.
    by rewrite /shown coversE.
  apply: (full_by_columns (X0 := \matrix_(i, k) from_Z F (get Z0 X i k))
    (V := fun j => \matrix_(k, i) from_Z F (get Z0 (nth [::] V j) k i))).
  + move=> i k ns; rewrite mxE; have := forall2P hX i k; rewrite -[_ && _]/(shown S i k && _) (negbTE ns) /=.
    by move/Z.eqb_spec->.
  + move=> j k i ns; rewrite mxE; have := all_iota_lt (forall2P hV k j) (ltn_ord i).
    rewrite -[_ && _]/(mem K (val k) && shown T k j) (negbTE ns) /=; by move/Z.eqb_spec->.
  move=> i i' j o c o' c'; have := all_iota_lt (forall2P inv i j) (ltn_ord i').
  rewrite -!coversE -[O i j]/(shown O i j) -[O i' j]/(shown O i' j) o o' c c' /= => /Z.eqb_spec e.
  rewrite mxE; transitivity (from_Z F (zsum (fun k => Z.mul (get Z0 X i k) (get Z0 (nth [::] V j) k i')) r)).
    by rewrite from_zsum; apply: eq_bigr => k _; rewrite !mxE from_ZM.
  by rewrite e -val_eqE; case: eqP.
- case/andP=> /and5P[lt inS inT ra /andP[ca ex]] /IH cl.
  have hr (k : 'I_r') : (nth 0%N h k < r)%N := all_iota_lt lt (ltn_ord k).
  apply: (split (h := fun k => Ordinal (hr k)) _ _ _ _ _ cl).
  + by move=> i k; apply: (implyP (forall2P inS i k)).
  + by move=> k j; apply: (implyP (forall2P inT k j)).
  + move=> i k l /(congr1 val) /= e s1 s2; apply/eqP; apply: contraT => ne.
    have := implyP (forall2P ra k l); rewrite e eqxx => /(_ ne) h2.
    by move: (all_iota_lt h2 (ltn_ord i)) => /=; rewrite /shown in s1 s2; rewrite s1 s2.
  + move=> i j k l o /(congr1 val) /= e s1 s2; apply/eqP; apply: contraT => ne.
    have := implyP (forall2P ca k l); rewrite e eqxx => /(_ ne) h2.
    by move: (forall2P h2 i j) => /=; rewrite /shown in o s1 s2; rewrite o s1 s2.
  move=> i j k o s u; have := implyP (all_iota_lt (forall2P ex i j) (ltn_ord k)) (introT and3P (And3 o s u)).
  case/hasP=> l; rewrite mem_iota => lt' /and3P[/eqP e s' t'].
  by exists (Ordinal lt'); [apply: val_inj | rewrite /shown s' t'].
case/and3P=> ap /IH0 cl0 /IH1 cl1.
pose part (k : 'I_r) : 'I_2 := if mem K (val k) then ord0 else ord_max.
have partE q k : (part k == q) = if q == ord0 then mem K (val k) else ~~ mem K (val k).
  by rewrite /part; case: q => [[|[|q]] lt] //; case: (mem K _).
apply: (product (part := part)) => [i j p q o cp cq|q].
  have group0 (p' : 'I_2) : covered (shown S) (shown T) (fun k => part k == p') i j ->
      covers_cell r S T (fun k => if p' == ord0 then k \in K else k \notin K) i j.
    by rewrite -coversE => /existsP[k h]; apply/existsP; exists k; move: h; rewrite partE; case: ifP.
  have := forall2P ap i j; rewrite -[O i j]/(shown O i j) o /=.
  have := group0 p cp; have := group0 q cq.
  case: p {cp} => [[|[|p]] lp]; case: q {cq} => [[|[|q]] lq] //=; try (by move=> *; apply: val_inj).
    by move=> -> ->.
  by move=> -> ->.
have [q0|q1] := eqVneq q ord0.
  apply: closed_ext cl0 => A; apply: masked_ext => // i k.
  by rewrite /group partE q0 eqxx.
apply: closed_ext cl1 => A; apply: masked_ext => // i k.
by rewrite /group partE (negbTE q1).
Qed.
End Sound.
