(** * Minors: patterns inside patterns

    A pattern contains another one if some of its rows, columns and hidden
    indices form it, and no other hidden index covers a cell there. A pattern
    with a minor that is not closed is not closed. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Limit Compactness Twins.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Minors.
Variable F : numFieldType.

Lemma respects_ext m n (S S' : support m n) (W : 'M[F]_(m, n)) :
  (forall i j, S' i j = S i j) -> respects S W -> respects S' W.
Proof. by move=> e h i j ns; apply: h; rewrite -e. Qed.

Lemma products_ext m r n (S S' : support m r) (T T' : support r n) (A : 'M[F]_(m, n)) :
  (forall i k, S i k = S' i k) -> (forall k j, T k j = T' k j) -> products S T A <-> products S' T' A.
Proof.
move=> eS eT; split=> -[X [Y [hX hY e]]]; exists X, Y; split=> //.
- exact: respects_ext hX.
- exact: respects_ext hY.
- exact: respects_ext hX.
- exact: respects_ext hY.
Qed.

Lemma masked_by_all m r n (S : support m r) (T : support r n) (Omega : support m n) :
  (forall i j, Omega i j) -> forall A : 'M[F]_(m, n), masked_products S T Omega A <-> products S T A.
Proof.
move=> all A; split=> -[X [Y [hX hY e]]]; exists X, Y; split=> //; last by move=> i j _; rewrite e.
by apply/matrixP => i j; rewrite e.
Qed.

(** Hidden indices renamed by [h]; others have no cell. *)
Lemma products_renamed m r r' n (S : support m r) (T : support r n) (h : 'I_r' -> 'I_r) (A : 'M[F]_(m, n)) :
  injective h -> (forall i j l, S i l -> T l j -> exists k, h k = l) ->
  products S T A <-> products (fun i k => S i (h k)) (fun k j => T (h k) j) A.
Proof.
move=> inj foreign; have pickh k : [pick k' | h k' == h k] = Some k.
  by case: pickP => [k' /eqP/inj->//|/(_ k)]; rewrite eqxx.
have sum_h (f : 'I_r -> F) : (forall l, (forall k, h k != l) -> f l = 0) -> \sum_l f l = \sum_k f (h k).
  move=> z; rewrite -(big_imset f (in2W inj)) [LHS](bigID (mem (h @: xpredT))) /= [X in _ + X]big1 ?addr0 //.
  move=> l nl; apply: z => k; apply: contraNneq nl => <-; exact: imset_f.
split=> -[X [Y [hX hY ->]]].
  exists (\matrix_(i, k) X i (h k)), (\matrix_(k, j) Y (h k) j); split.
  - by move=> i k ns; rewrite mxE; apply: hX.
  - by move=> k j ns; rewrite mxE; apply: hY.
  apply/matrixP => i j; rewrite !mxE sum_h => [|l nl]; first by apply: eq_bigr => k _; rewrite !mxE.
  have [s|/hX->] := boolP (S i l); last by rewrite mul0r.
  have [t|/hY->] := boolP (T l j); last by rewrite mulr0.
  by have [k e] := foreign i j l s t; have := nl k; rewrite e eqxx.
exists (\matrix_(i, l) if [pick k | h k == l] is Some k then X i k else 0).
exists (\matrix_(l, j) if [pick k | h k == l] is Some k then Y k j else 0); split.
- by move=> i l ns; rewrite mxE; case: pickP => // k /eqP e; apply: hX; rewrite e.
- by move=> l j ns; rewrite mxE; case: pickP => // k /eqP e; apply: hY; rewrite e.
apply/matrixP => i j; rewrite !mxE sum_h => [|l nl]; last first.
  by rewrite !mxE; case: pickP => [k e|_]; [have := nl k; rewrite e | rewrite mul0r].
by apply: eq_bigr => k _; rewrite !mxE pickh.
Qed.

Theorem minor m r n m' r' n' (S : support m r) (T : support r n) (S' : support m' r') (T' : support r' n')
    (f : 'I_m' -> 'I_m) (g : 'I_n' -> 'I_n) (h : 'I_r' -> 'I_r) :
  injective f -> injective g -> injective h ->
  (forall i k, S (f i) (h k) = S' i k) -> (forall k j, T (h k) (g j) = T' k j) ->
  (forall i j l, S (f i) l -> T l (g j) -> exists k, h k = l) ->
  closed (@products F _ _ _ S T) -> closed (@products F _ _ _ S' T').
Proof.
move=> injf injg injh eS eT foreign cl.
have : closed (@masked_products F m r n S T (@all_cells m n)).
  by apply: closed_ext cl => A; apply: iff_sym; apply: masked_by_nothing.
move/(extend injf injg); apply: closed_ext => A.
apply: iff_trans (masked_by_nothing (fun i k => S (f i) k) (fun k j => T k (g j)) A) _.
apply: iff_trans (products_renamed _ injh foreign) _; exact: products_ext.
Qed.

(** The use of [minor]. *)
Corollary not_closed_minor m r n m' r' n' (S : support m r) (T : support r n) (S' : support m' r') (T' : support r' n')
    (f : 'I_m' -> 'I_m) (g : 'I_n' -> 'I_n) (h : 'I_r' -> 'I_r) :
  injective f -> injective g -> injective h ->
  (forall i k, S (f i) (h k) = S' i k) -> (forall k j, T (h k) (g j) = T' k j) ->
  (forall i j l, S (f i) l -> T l (g j) -> exists k, h k = l) ->
  ~ closed (@products F _ _ _ S' T') -> ~ closed (@products F _ _ _ S T).
Proof. by move=> injf injg injh eS eT foreign no /(minor injf injg injh eS eT foreign). Qed.

(** ** Patterns given by the types of their rows and columns

    The type of a row or a column are its hidden indices. *)
Definition typed_products m r n (R C : seq (seq bool)) : 'M[F]_(m, n) -> Prop :=
  products (table R : support m r) (turned (table C : support n r)).

Lemma typed_turned m r n R C : closed (@typed_products n r m C R) -> closed (@typed_products m r n R C).
Proof. by move=> cl; apply: transposed; apply: closed_ext cl => A; apply: products_ext. Qed.

(** Entries of one list at places of another one. *)
Lemma places (T : eqType) (x0 : T) (s1 s2 : seq T) : (forall x, count_mem x s1 <= count_mem x s2)%N ->
  exists2 f : 'I_(size s1) -> 'I_(size s2), injective f & forall i, nth x0 s2 (f i) = nth x0 s1 i.
Proof.
case/count_subseqP=> s /subseqP[b sb es] /(perm_iotaP x0)[Is pIs e1].
pose idx := mask b (iota 0 (size s2)).
have es' : s = map (nth x0 s2) idx by rewrite es /idx map_mask map_nth_iota0 // take_size.
have sI : size s1 = size Is by rewrite e1 size_map.
have memIs i : (i < size Is)%N -> (nth 0%N Is i < size idx)%N.
  move=> lt; have := mem_nth 0%N lt; rewrite (perm_mem pIs) mem_iota /= es' size_map //.
have lt (i : 'I_(size s1)) : (nth 0%N idx (nth 0%N Is i) < size s2)%N.
  have := mem_nth 0%N (memIs i _); rewrite -sI => /(_ (ltn_ord i)) /mem_mask.
  by rewrite mem_iota.
exists (fun i => Ordinal (lt i)) => [i j /(congr1 val) /= e|i /=].
  apply: val_inj; apply/eqP; rewrite -(nth_uniq 0%N (s := Is)) -?sI ?ltn_ord //; last first.
    by rewrite (perm_uniq pIs) iota_uniq.
  have memI (l : 'I_(size s1)) : (nth 0%N Is l < size idx)%N by apply: memIs; rewrite -sI.
  by rewrite -(nth_uniq 0%N (memI i) (memI j) (mask_uniq (iota_uniq _ _) _)) e.
have e1' k : (k < size Is)%N -> nth x0 s1 k = nth x0 s (nth 0%N Is k) by move=> lk; rewrite e1 (nth_map 0%N).
by rewrite e1' -?sI // es' (nth_map 0%N) // memIs // -sI.
Qed.

Lemma typed_part r R C R' C' : (forall t, count_mem t R' <= count_mem t R)%N -> (forall t, count_mem t C' <= count_mem t C)%N ->
  closed (@typed_products (size R) r (size C) R C) -> closed (@typed_products (size R') r (size C') R' C').
Proof.
move=> /(places [::])[f injf ef] /(places [::])[g injg eg].
apply: (minor (f := f) (g := g) (h := id)) => // [i k|k j|i j l _ _]; last by exists l.
- by rewrite /table /get ef.
- by rewrite /turned /table /get eg.
Qed.

(** The number of hidden indices of a type. *)
Definition weight r (t : seq bool) : nat := count (nth false t) (iota 0 r).

Lemma weightE r t : #|[set k : 'I_r | nth false t k]| = weight r t.
Proof.
rewrite cardsE cardE /enum_mem size_filter /weight -val_enum_ord [RHS]count_map enumT.
exact: eq_count.
Qed.

Hypothesis compactF : compact F.

(** Only so many twins matter. *)
Lemma typed_twins r R C t : closed (@typed_products (size (rem t R)) r (size C) (rem t R) C) ->
  (weight r t < count_mem t R)%N -> closed (@typed_products (size R) r (size C) R C).
Proof.
move=> cl many; pose O := [seq x <- R | x != t]; pose a := size O; pose p := count_mem t R; pose d := weight r t.
have countO x q : count_mem x (O ++ nseq q t) = if x == t then q else count_mem x R.
  rewrite count_cat count_nseq /= [t == x]eq_sym; case: eqVneq => [->|ne].
    by rewrite mul1n count_filter (eq_count (a2 := pred0)) ?count_pred0 // => y /=; case: eqP.
  rewrite mul0n addn0 count_filter; apply: eq_count => y /=; case: eqP => // ->; by rewrite ne.
have tw q : forall (i : 'I_(a + q)) (k : 'I_r), with_twins (table O : support a r) (fun k => nth false t k) i k =
    table (O ++ nseq q t) i k.
  move=> i k; rewrite /with_twins /table /get; case: splitP => i' ->; rewrite nth_cat ?ltn_ord //.
  by rewrite ltnNge leq_addr /= addKn nth_nseq ltn_ord.
have small : closed (@typed_products (size (O ++ nseq d t)) r (size C) (O ++ nseq d t) C).
  apply: typed_part cl => // x; rewrite countO count_mem_rem [t == x]eq_sym.
  by case: eqVneq => [->|_]; rewrite ?subn0 // subn1 -ltnS prednK // (leq_ltn_trans _ many).
have all_true q i j : with_twins (q := q) (@all_cells a (size C)) (fun _ => true) i j by rewrite /with_twins; case: (fintype.split i).
have unmask q (A : 'M[F]_(a + q, size C)) : masked_products (with_twins (table O : support a r) (fun k => nth false t k))
    (turned (table C)) (with_twins (@all_cells a (size C)) (fun _ => true)) A <->
    @typed_products (a + q) r (size C) (O ++ nseq q t) C A.
  apply: iff_trans (iff_trans (masked_by_all _ _ (all_true q) A) _) (iff_refl _).
  by apply: products_ext => // i k; apply: tw.
have big : closed (@typed_products (size (O ++ nseq p t)) r (size C) (O ++ nseq p t) C).
  move: small; rewrite !size_cat !size_nseq -/a => small.
  apply: closed_ext (unmask p) _.
  apply: (twins compactF (d := d) (K := [set k : 'I_r | nth false t k]) (C := set0)).
  - by move=> k j tk _ _; rewrite inE tk.
  - by rewrite cards0 addn0 weightE.
  by apply: closed_ext small => A; apply: iff_sym; apply: unmask.
apply: typed_part big => // x; rewrite countO; by case: eqP => [->|].
Qed.

(** A pattern is closed if, twins apart, it is a part of a closed one. *)
Theorem typed_inside r R C R0 C0 :
  (forall t, minn (weight r t) (count_mem t R) <= count_mem t R0)%N ->
  (forall t, minn (weight r t) (count_mem t C) <= count_mem t C0)%N ->
  closed (@typed_products (size R0) r (size C0) R0 C0) -> closed (@typed_products (size R) r (size C) R C).
Proof.
have half R1 R2 C1 : (forall t, minn (weight r t) (count_mem t R1) <= count_mem t R2)%N ->
    closed (@typed_products (size R2) r (size C1) R2 C1) -> closed (@typed_products (size R1) r (size C1) R1 C1).
  elim: {R1}(size R1) {-2}R1 (leqnn (size R1)) => [|s IH] R1 sz le cl.
    apply: typed_part cl => // t; by case: R1 sz {le}.
  have [/hasP[t tR many]|/hasPn few] := boolP (has (fun t => weight r t < count_mem t R1)%N R1).
    apply: (typed_twins (t := t)) => //; apply: IH => // [|x].
      by rewrite size_rem //; case: (size R1) sz.
    apply: leq_trans (le x); rewrite leq_min geq_minl /= geq_min count_mem_rem leq_subr orbT //.
  apply: typed_part cl => // t; apply: leq_trans (le t); rewrite leq_min leqnn andbT.
  have [tR|] := boolP (t \in R1); first by rewrite leqNgt few.
  by rewrite -has_pred1 has_count -leqNgt leqn0 => /eqP->.
move=> hR hC cl; apply: (half _ _ _ hR); apply: typed_turned; apply: (half _ _ _ hC); exact: typed_turned cl.
Qed.
End Minors.
