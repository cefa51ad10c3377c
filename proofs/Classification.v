(** * Three hidden indices: which patterns are closed

    All pairs of supports with at most three hidden indices, of any sizes. By
    twins a pattern is given by how often each type of row and of column
    occurs, up to a bound. Certain patterns are not closed, and neither is what
    contains them; certain patterns are closed, and so are their parts. A tree
    of cases, checked by computation, shows that nothing else is left. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Limit Compactness Twins Patterns.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

(** ** Programs on tables *)

(** The pattern [s', t'] is the pattern [s, t] with hidden indices [h]; the others have no cell. *)
Definition renames m r n r' (s t s' t' : nat -> nat -> bool) (h : seq nat) : bool :=
  [&& size h == r', uniq h, all (fun x => x < r) h,
      all (fun i => all (fun k => s i (nth 0 h k) == s' i k) (iota 0 r')) (iota 0 m),
      all (fun k => all (fun j => t (nth 0 h k) j == t' k j) (iota 0 n)) (iota 0 r') &
      all (fun i => all (fun j => all (fun l => s i l && t l j ==> (l \in h)) (iota 0 r)) (iota 0 n)) (iota 0 m)].

(** The type with the hidden indices that are the binary digits of a number. *)
Definition type_of (c : nat) : seq bool := [:: odd c; odd c./2; odd c./2./2].

Definition types : seq (seq bool) := [seq type_of c | c <- iota 1 7].

Definition pattern := (seq (seq bool) * seq (seq bool))%type.
Definition pattern_of (rows columns : seq nat) : pattern := ([seq type_of c | c <- rows], [seq type_of c | c <- columns]).
Definition transpose_pattern (p : pattern) : pattern := (p.2, p.1).
Definition of_types (p : pattern) : bool := all (mem types) p.1 && all (mem types) p.2.

(** How often the types occur. *)
Definition counts (R : seq (seq bool)) : seq nat := [seq count_mem t R | t <- types].
Definition both_counts (p : pattern) : seq nat := counts p.1 ++ counts p.2.
Definition capped (R : seq (seq bool)) : seq nat := [seq minn (weight 3 t) (count_mem t R) | t <- types].
Definition both_capped (p : pattern) : seq nat := capped p.1 ++ capped p.2.

Fixpoint below (x y : seq nat) : bool :=
  match x, y with a :: x', b :: y' => (a <= b) && below x' y' | [::], [::] => true | _, _ => false end.

(** Cases by how often a type occurs. *)
Inductive cases :=
| Below of nat & nat & cases & cases (* coordinate, bound: at most, more *)
| NotClosed of nat (* contains this pattern of the first list *)
| Closed of nat. (* is a part of this pattern of the second list *)

Fixpoint covers (bad good : seq (seq nat)) (low high : seq nat) (t : cases) : bool :=
  match t with
  | Below c v t0 t1 => [&& c < size low, c < size high,
      covers bad good low (set_nth 0 high c v) t0 & covers bad good (set_nth 0 low c v.+1) high t1]
  | NotClosed g => (g < size bad) && below (nth [::] bad g) low
  | Closed g => (g < size good) && below high (nth [::] good g)
  end.

Section Programs.

Lemma below_nth x y : below x y -> size x = size y /\ forall i, nth 0 x i <= nth 0 y i.
Proof.
elim: x y => [|a x IH] [|b y] //=.
case/andP=> ab /IH[e h]; split; [by rewrite e | case=> [|i] //=; exact: h].
Qed.

Lemma nth_below x y : size x = size y -> (forall i, nth 0 x i <= nth 0 y i) -> below x y.
Proof.
elim: x y => [|a x IH] [|b y] //= [e] h; apply/andP; split; first exact: (h 0).
by apply: IH => // i; apply: (h i.+1).
Qed.

Lemma below_trans y x z : below x y -> below y z -> below x z.
Proof.
move=> /below_nth[e h] /below_nth[e' h']; apply: nth_below; first by rewrite e.
by move=> i; apply: leq_trans (h i) (h' i).
Qed.

Theorem covers_sound bad good t low high : covers bad good low high t -> forall x, below low x -> below x high ->
  has (fun g => below g x) bad \/ has (fun g => below x g) good.
Proof.
elim: t low high => [c v t0 IH0 t1 IH1|g|g] low high /=.
- case/and4P=> sl sh h0 h1 x lx xh.
  have [e h] := below_nth xh; have [e' h'] := below_nth lx.
  have [le|gt] := leqP (nth 0 x c) v.
    apply: (IH0 _ _ h0) => //; apply: nth_below; first by rewrite size_set_nth e; apply/esym/maxn_idPr.
    by move=> i; rewrite nth_set_nth /=; case: eqP => [->|].
  apply: (IH1 _ _ h1) => //; apply: nth_below; first by rewrite size_set_nth -e'; apply/maxn_idPr.
  by move=> i; rewrite nth_set_nth /=; case: eqP => [->|].
- case/andP=> gs gl x lx _; left; apply/(has_nthP [::]); exists g => //; exact: below_trans lx.
- case/andP=> gs gl x _ xh; right; apply/(has_nthP [::]); exists g => //; exact: below_trans gl.
Qed.

Lemma all_iota_lt P n : all P (iota 0 n) -> forall i, i < n -> P i.
Proof. by move/allP=> h i lt; apply: h; rewrite mem_iota. Qed.
End Programs.

Section Theorems.
Variable F : numFieldType.

Lemma renamesP m r n r' (s t s' t' : nat -> nat -> bool) h : renames m r n r' s t s' t' h ->
  closed (@products F m r n (fun i k => s i k) (fun k j => t k j)) ->
  closed (@products F m r' n (fun i k => s' i k) (fun k j => t' k j)).
Proof.
case/and5P=> /eqP sz un lt es /andP[et foreign].
have hk (k : 'I_r') : (nth 0 h k < r)%N.
  by have := mem_nth 0 (s := h) (n := k); rewrite sz => /(_ (ltn_ord k)) /(allP lt).
apply: (minor (f := id) (g := id) (h := fun k => Ordinal (hk k))) => // [k l /(congr1 val) /= e|i k|k j|i j l sil tlj].
- by apply/val_inj/eqP; rewrite -(nth_uniq 0%N (s := h)) ?sz ?ltn_ord // e.
- exact/eqP/(all_iota_lt (all_iota_lt es (ltn_ord i)) (ltn_ord k)).
- exact/eqP/(all_iota_lt (all_iota_lt et (ltn_ord k)) (ltn_ord j)).
have := all_iota_lt (all_iota_lt (all_iota_lt foreign (ltn_ord i)) (ltn_ord j)) (ltn_ord l).
rewrite sil tlj => /(nthP 0)[k]; rewrite sz => ltk e.
by exists (Ordinal ltk); apply: val_inj.
Qed.

(** ** Closedness of a pattern *)
Definition pattern_closed (p : pattern) : Prop :=
  closed (@typed_products F (size p.1) 3 (size p.2) p.1 p.2).

Lemma pattern_transposed p : pattern_closed (transpose_pattern p) <-> pattern_closed p.
Proof. by case: p => R C; split; apply: typed_turned. Qed.

(** A pattern that is not closed, as two tables. *)
Record stored_table := StoredTable { rows : nat; hidden : nat; columns : nat; left_table : seq (seq bool); right_table : seq (seq bool) }.

Definition table_closed (e : stored_table) : Prop :=
  closed (@table_products F (rows e) (columns e) (hidden e) (left_table e) (right_table e)).

Fixpoint all_tables (P : stored_table -> Prop) (s : seq stored_table) : Prop :=
  if s is e :: s' then P e /\ all_tables P s' else True.

Lemma all_tables_nth P s : all_tables P s -> forall k, k < size s -> P (nth (StoredTable 0 0 0 [::] [::]) s k).
Proof. by elim: s => [//|e s IH] /= [h hs] [|k] //=; apply: IH. Qed.

(** The pattern [p] has the hidden indices [h] for those of the tables; a flag tells whether [p] is turned first. *)
Definition shows_table (e : stored_table) (p : pattern) (turn : bool) (h : seq nat) : bool :=
  let q := if turn then transpose_pattern p else p in
  [&& size q.1 == rows e, size q.2 == columns e &
      renames (rows e) 3 (columns e) (hidden e) (get false q.1) (fun k j => get false q.2 j k)
        (get false (left_table e)) (get false (right_table e)) h].

Lemma turn_closed p (turn : bool) : pattern_closed (if turn then transpose_pattern p else p) <-> pattern_closed p.
Proof. by case: turn => //; apply: pattern_transposed. Qed.

Lemma shows_tableP e p turn h : shows_table e p turn h -> ~ table_closed e -> ~ pattern_closed p.
Proof.
rewrite /shows_table -(turn_closed p turn); move: (if turn then _ else _) => {p} q.
case/and3P=> /eqP sr /eqP sc /renamesP ren no cl; apply: no; apply: ren.
by move: cl; rewrite /pattern_closed sr sc.
Qed.

(** The pattern [p] is the pattern [q] with the hidden indices in another order. *)
Definition reordered (q p : pattern) (turn : bool) (h : seq nat) : bool :=
  let p' := if turn then transpose_pattern p else p in
  [&& size p'.1 == size q.1, size p'.2 == size q.2 &
      renames (size q.1) 3 (size q.2) 3 (get false q.1) (fun k j => get false q.2 j k)
        (get false p'.1) (fun k j => get false p'.2 j k) h].

Lemma reorderedP q p turn h : reordered q p turn h -> pattern_closed q -> pattern_closed p.
Proof.
rewrite /reordered -(turn_closed p turn); move: (if turn then _ else _) => {p} p.
case/and3P=> /eqP sr /eqP sc /renamesP ren cl; rewrite /pattern_closed sr sc.
exact: ren.
Qed.

(** ** The theorem, for tables that pass a check *)
Record image := Image { shape : pattern; origin : nat; turn : bool; hidden_indices : seq nat }.

Definition limits : seq nat := [seq weight 3 t | t <- types] ++ [seq weight 3 t | t <- types].

(** Each pattern of the list is one of the tables with renamed hidden indices. *)
Definition images_of_tables (table : seq stored_table) (bad : seq image) : bool :=
  all (fun b => [&& of_types (shape b), origin b < size table &
    shows_table (nth (StoredTable 0 0 0 [::] [::]) table (origin b)) (shape b) (turn b) (hidden_indices b)]) bad.

Definition tables_complete (table : seq stored_table) (bad : seq image) (maximal : seq pattern) (good : seq image)
    (tree : cases) : bool :=
  [&& images_of_tables table bad,
      all (fun g => (origin g < size maximal) &&
        reordered (nth ([::], [::]) maximal (origin g)) (shape g) (turn g) (hidden_indices g)) good &
      covers [seq both_counts (shape b) | b <- bad] [seq both_counts (shape g) | g <- good]
        (nseq (size limits) 0) limits tree].

(** The pattern contains a pattern of the list. *)
Definition contains (bad : seq image) (p : pattern) : bool :=
  has (fun b => below (both_counts (shape b)) (both_counts p)) bad.

Definition wide (p : pattern) : bool := all (fun t => size t == 3) (p.1 ++ p.2).

Lemma counts_nth R t : t \in types -> nth 0 (counts R) (index t types) = count_mem t R.
Proof. by move=> tt; rewrite (nth_map [::]) ?index_mem // nth_index. Qed.

Lemma capped_nth R t : t \in types -> nth 0 (capped R) (index t types) = minn (weight 3 t) (count_mem t R).
Proof. by move=> tt; rewrite (nth_map [::]) ?index_mem // nth_index. Qed.

Lemma below_cat x y x' y' : size x = size x' -> below (x ++ y) (x' ++ y') = below x x' && below y y'.
Proof. by elim: x x' => [|a x IH] [|b x'] //= [/IH->]; rewrite andbA. Qed.

Lemma absent t (R : seq (seq bool)) : all (fun u => size u == 3) R -> t \notin types -> minn (weight 3 t) (count_mem t R) = 0.
Proof.
move=> /allP wd nt; case: (boolP (t \in R)) => [/wd|/count_memPn->]; last by rewrite minn0.
case: t nt => [|[] [|[] [|[] [|]]]] // _ _; by rewrite min0n.
Qed.

Lemma below_capped R R0 : all (fun u => size u == 3) R -> below (capped R) (counts R0) ->
  forall t, minn (weight 3 t) (count_mem t R) <= count_mem t R0.
Proof.
move=> wd /below_nth[_ h] t; have [tt|/(absent wd)->//] := boolP (t \in types).
by rewrite -capped_nth // -counts_nth.
Qed.

Lemma below_counts R R0 : all (mem types) R0 -> below (counts R0) (counts R) -> forall t, count_mem t R0 <= count_mem t R.
Proof.
move=> /allP ty /below_nth[_ h] t; have [tt|nt] := boolP (t \in types); first by rewrite -!counts_nth.
by rewrite (count_memPn _) // ; apply: contra nt => /ty.
Qed.

Lemma capped_counts R : below (capped R) (counts R).
Proof.
apply: nth_below; first by rewrite !size_map.
move=> i; have [lt|ge] := ltnP i (size types); last by rewrite !nth_default ?size_map.
by rewrite !(nth_map [::]) // geq_minr.
Qed.

Lemma capped_limits R : below (capped R) [seq weight 3 t | t <- types].
Proof.
apply: nth_below; first by rewrite !size_map.
move=> i; have [lt|ge] := ltnP i (size types); last by rewrite !nth_default ?size_map.
by rewrite !(nth_map [::]) // geq_minl.
Qed.

Lemma below_both p q : below (both_counts p) (both_counts q) = below (counts p.1) (counts q.1) && below (counts p.2) (counts q.2).
Proof. by rewrite below_cat ?size_map. Qed.

Lemma below_both_capped p q : below (both_capped p) (both_counts q) = below (capped p.1) (counts q.1) && below (capped p.2) (counts q.2).
Proof. by rewrite below_cat ?size_map. Qed.

(** What contains a pattern that is not closed is not closed; this needs no compactness. *)
Theorem contains_not_closed table bad : images_of_tables table bad ->
  (forall k, k < size table -> ~ table_closed (nth (StoredTable 0 0 0 [::] [::]) table k)) ->
  forall p, contains bad p -> ~ pattern_closed p.
Proof.
pose none := Image ([::], [::]) 0 false [::].
move=> /(all_nthP none) okb nc [R C] /(has_nthP none)[k /okb/and3P[ty lt sh]].
move: (nth none bad k) ty lt sh => b ty lt sh le clp.
case: (shows_tableP sh (nc _ lt)); move: le; rewrite below_both => /andP[bR bC].
have /andP[tR tC] := ty; exact: (typed_part (below_counts tR bR) (below_counts tC bC) clp).
Qed.

Hypothesis compactF : compact F.

Theorem classified table bad maximal good tree : tables_complete table bad maximal good tree ->
  (forall k, k < size table -> ~ table_closed (nth (StoredTable 0 0 0 [::] [::]) table k)) ->
  (forall k, k < size maximal -> pattern_closed (nth ([::], [::]) maximal k)) ->
  forall p, wide p -> pattern_closed p <-> ~~ contains bad p.
Proof.
pose none := Image ([::], [::]) 0 false [::].
case/and3P=> okb /(all_nthP none) okg cov nc cl [R C].
rewrite /wide all_cat => /andP[wR wC]; split=> [clp|].
  by apply/negP => /(contains_not_closed okb nc); apply.
move=> no; have [] := covers_sound cov (x := both_capped (R, C)).
- apply: nth_below; first by rewrite size_nseq !size_cat !size_map.
  by move=> i; rewrite nth_nseq if_same.
- by rewrite /both_capped /limits below_cat ?size_map // !capped_limits.
- rewrite has_map => h; case/negP: no; apply: sub_has h => b le.
  have up : below (both_capped (R, C)) (both_counts (R, C)) by rewrite below_both_capped !capped_counts.
  exact: below_trans le up.
rewrite has_map => /(has_nthP none)[k /okg/andP[lt re]]; move: (nth none good k) lt re => g lt re.
move=> le; have : below (both_capped (R, C)) (both_counts (shape g)) := le.
rewrite below_both_capped => /andP[bR bC].
exact: (typed_inside compactF (below_capped wR bR) (below_capped wC bC) (reorderedP re (cl _ lt))).
Qed.

(** ** Supports *)
Definition types_of m (S : support m 3) : seq (seq bool) := [seq [seq S i k | k <- enum 'I_3] | i <- enum 'I_m].

Lemma types_ofE m (S : support m 3) (i : 'I_m) (k : 'I_3) : table (types_of S) i k = S i k.
Proof.
rewrite /table /get /types_of (nth_map i) ?size_enum_ord ?ltn_ord // nth_ord_enum.
by rewrite (nth_map k) ?size_enum_ord ?ltn_ord // nth_ord_enum.
Qed.

Lemma size_types_of m (S : support m 3) : size (types_of S) = m.
Proof. by rewrite size_map size_enum_ord. Qed.

Definition pattern_of_supports m n (S : support m 3) (T : support 3 n) : pattern :=
  (types_of S, types_of (turned T)).

Lemma supports_closed m n (S : support m 3) (T : support 3 n) :
  closed (@products F _ _ _ S T) <-> pattern_closed (pattern_of_supports S T).
Proof.
rewrite /pattern_closed /= !size_types_of.
by split; apply: closed_ext => A; apply: products_ext => *; rewrite ?/turned ?types_ofE //.
Qed.

Lemma supports_wide m n (S : support m 3) (T : support 3 n) : wide (pattern_of_supports S T).
Proof.
by rewrite /wide all_cat; apply/andP; split; apply/allP => t /mapP[i _ ->]; rewrite size_map size_enum_ord.
Qed.

(** Fewer hidden indices: the others have no rows and no columns. *)
Definition padded_left m r (S : support m r) : support m 3 := fun i k => if insub (val k) is Some k' then S i k' else false.
Definition padded_right r n (T : support r n) : support 3 n := fun k j => if insub (val k) is Some k' then T k' j else false.

Lemma padded_closed m r n (S : support m r) (T : support r n) : r <= 3 ->
  closed (@products F _ _ _ S T) <-> closed (@products F _ _ _ (padded_left S) (padded_right T)).
Proof.
move=> r3; have same (A : 'M[F]_(m, n)) : products (padded_left S) (padded_right T) A <-> products S T A.
  apply: iff_trans (products_renamed (h := widen_ord r3) _ _ _) _.
  - by move=> k l /(congr1 val) /= e; apply: val_inj.
  - move=> i j l; rewrite /padded_left; case: insubP => // k _ e _ _; exists k; apply: val_inj; exact: e.
  apply: products_ext => [i k|k j]; rewrite /padded_left /padded_right.
    by rewrite insubT /= ?ltn_ord // => lt; congr (S _ _); apply: val_inj.
  by rewrite insubT /= ?ltn_ord // => lt; congr (T _ _); apply: val_inj.
split; apply: closed_ext => A; [exact: iff_sym | exact: same].
Qed.
End Theorems.

