(** * Chains of structural rules, checked by computation

    A tree of rules for two factors with cells that are not looked at: each
    node names a theorem of [Structure.v], [Nested.v], [Linear.v], [Sections.v] or [Generic.v],
    and what the theorem asks for is computed. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Structure Compactness Twins Nested Linear Polynomials Limit Dichotomy Patterns Classification Sections Generic Witnesses.
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
| RMatchings of seq nat & seq (seq nat) & rules.

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

Fixpoint chain_ok m r n (S T O : cells) (t : rules) : bool :=
  match t with
  | RCrossing => crossing_cells m r n S T O
  | RTurn t1 => chain_ok n r m (fun j k => T k j) (fun k i => S i k) (fun j i => O i j) t1
  | RFull K X V t1 => full_cells m r n S T O (mem K) X V &&
      chain_ok m r n (fun i k => S i k && ~~ mem K k) T (fun i j => O i j && ~~ covers_cell r S T (mem K) i j) t1
  | RSplit r' h S' T' t1 => split_cells m r n r' S T O (nth 0 h) (get false S') (get false T') &&
      chain_ok m r' n (get false S') (get false T') O t1
  | RProduct K t0 t1 =>
      [&& forall2 m n (fun i j => ~~ [&& O i j, covers_cell r S T (mem K) i j & covers_cell r S T (predC (mem K)) i j]),
          chain_ok m r n (fun i k => S i k && mem K k) T O t0 &
          chain_ok m r n (fun i k => S i k && ~~ mem K k) T O t1]
  | REverything s => all_products m r n S T O (entry_or_zero r n S T) [::] [::] s
  | RLarger S' T' s t1 =>
      [&& forall2 m r (fun i k => S i k ==> get false S' i k), forall2 r n (fun k j => T k j ==> get false T' k j),
          all_products m r n S T O (fun i j => sub m r n S' T' (i * n + j)) [::] [::] s &
          chain_ok m r n (get false S') (get false T') O t1]
  | RMatchings K mu t1 => matching_cells m r n S T O (mem K) mu &&
      chain_ok m r n (fun i k => S i k && ~~ mem K k) T (fun i j => O i j && ~~ covers_cell r S T (mem K) i j) t1
  end.

Local Open Scope ring_scope.

Section Sound.
Variable F : numFieldType.
Hypothesis compactF : compact F.

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

Theorem chain_ok_closed t m r n S T O : chain_ok m r n S T O t -> cells_closed m r n S T O.
Proof.
elim: t m r n S T O => [|t IH|K X V t IH|r' h S' T' t IH|K t0 IH0 t1 IH1|s|S' T' s t IH|K mu t IH] m r n S T O /=; last 3 first.
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
