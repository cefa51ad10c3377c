(** * Refutations by linear algebra: [frames] and [pinned] *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Frames.
Variable F : numFieldType.

(** ** frames: a matrix of rank equal to the number of hidden indices *)
Section Criterion.
Variables (m r n : nat) (S : support m r) (T : support r n) (A : 'M[F]_(m, n)).
Hypothesis rankA : \rank A = r.

Lemma full_left (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)) : A = X *m Y -> exists P, P *m X = 1%:M.
Proof.
move=> e; have : row_full X by rewrite /row_full eqn_leq rank_leq_col -{1}rankA e mxrankM_maxl.
by case/row_fullP=> P; exists P.
Qed.

Lemma full_right (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)) : A = X *m Y -> exists Q, Y *m Q = 1%:M.
Proof.
move=> e; have : row_free Y by rewrite /row_free eqn_leq rank_leq_row -{1}rankA e mxrankM_maxr.
by case/row_freeP=> Q; exists Q.
Qed.

(** The columns of [A *m Q] are the vectors [x_k] of the page, the rows of [P *m A] the [y_k], and
    [P *m A *m Q] has their products as entries. *)
Theorem frames : products S T A <->
  exists P Q, [/\ respects S (A *m Q), respects T (P *m A) & P *m A *m Q = 1%:M].
Proof.
split=> [[X [Y [hX hY e]]]|[P [Q [hX hY e]]]].
  have [P hP] := full_left e; have [Q hQ] := full_right e.
  exists P, Q; rewrite !e !mulmxA hP mul1mx -mulmxA hQ mulmx1.
  by split=> //; rewrite ?mul1mx.
exists (A *m Q), (P *m A); split=> //.
have [X [Y eA]] : exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)), A = X *m Y.
  by rewrite -rankA; exists (col_base A), (row_base A); rewrite mulmx_base.
have inv : (P *m X) *m (Y *m Q) = 1%:M by rewrite -e eA !mulmxA.
by rewrite {1}eA -[X in X *m Y]mulmx1 -(mulmx1C inv) eA !mulmxA.
Qed.

(** *** What refutes *)
Definition in_support (k : 'I_r) (x : 'cV[F]_m) := forall i, ~~ S i k -> x i 0 = 0.
Definition in_row_support (k : 'I_r) (y : 'rV[F]_n) := forall j, ~~ T k j -> y 0 j = 0.

(** Pair: the products of the vectors of one hidden index all vanish. *)
Theorem frames_pair k :
  (forall (q : 'cV_n) (p : 'rV_m), in_support k (A *m q) -> in_row_support k (p *m A) -> (p *m A *m q) 0 0 = 0) ->
  ~ products S T A.
Proof.
move=> pair /frames[P [Q [hX hY e]]].
have ex : A *m col k Q = col k (A *m Q) by rewrite !colE mulmxA.
have ey : row k P *m A = row k (P *m A) by rewrite row_mul.
have : (row k P *m A *m col k Q) 0 0 = 0.
  by apply: pair => [i ns|j ns]; rewrite ?ex ?ey mxE; [apply: hX | apply: hY].
have -> : (row k P *m A *m col k Q) 0 0 = (P *m A *m Q) k k.
  by rewrite ey !mxE; apply: eq_bigr => l _; rewrite !mxE.
by rewrite e mxE eqxx => /eqP; rewrite oner_eq0.
Qed.

(** Deficient: the vectors of several hidden indices lie in a space of a smaller dimension. *)
Theorem frames_deficient (K : {set 'I_r}) d (W : 'M[F]_(m, d)) : (d < #|K|)%N ->
  (forall k (q : 'cV_n), k \in K -> in_support k (A *m q) -> exists c, A *m q = W *m c) -> ~ products S T A.
Proof.
move=> small span /frames[P [Q [hX _ e]]].
pose X : 'M[F]_(m, #|K|) := \matrix_(i, a) (A *m Q) i (enum_val a).
pose L : 'M[F]_(#|K|, m) := \matrix_(a, i) P (enum_val a) i.
have one : L *m X = 1%:M.
  apply/matrixP => a b; rewrite !mxE.
  have := congr1 (fun M : 'M_r => M (enum_val a) (enum_val b)) e.
  rewrite -mulmxA mxE [RHS]mxE (inj_eq enum_val_inj) => <-.
  by apply: eq_bigr => i _; rewrite !mxE.
have [C eC] : exists C : 'M[F]_(d, #|K|), X = W *m C.
  have [f hf] : exists f : 'I_#|K| -> 'cV[F]_d, forall a, A *m col (enum_val a) Q = W *m f a.
    apply: (@fin_all_exists _ _ (fun a (c : 'cV[F]_d) => A *m col (enum_val a) Q = W *m c)) => a.
    apply: (span (enum_val a)); first exact: enum_valP.
    by move=> i ns; rewrite colE mulmxA -colE mxE; apply: hX.
  exists (\matrix_(i, a) f a i 0); apply/matrixP => i a; rewrite mxE.
  have := congr1 (fun v : 'cV_m => v i 0) (hf a); rewrite colE mulmxA -colE mxE => ->.
  by rewrite !mxE; apply: eq_bigr => l _; rewrite !mxE.
have : (#|K| <= d)%N; last by rewrite leqNgt small.
rewrite -{1}(mxrank1 F #|K|) -one eC; apply: leq_trans (mxrankM_maxr _ _) _.
by apply: leq_trans (mxrankM_maxl _ _) (rank_leq_col _).
Qed.
End Criterion.

(** ** pinned: where a block has full rank, a zero column of it pins a row of the right factor

    [R] are the rows of the block, [C] its columns, [H] the hidden indices that meet it. *)
Section Pinned.
Variables (m r n : nat) (S : support m r) (T : support r n).
Variables (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)).
Hypotheses (hX : respects S X) (hY : respects T Y).

Definition block (R : pred 'I_m) (C : pred 'I_n) : 'M[F]_(m, n) :=
  \matrix_(i, j) if R i && C j then (X *m Y) i j else 0.

Definition meeting (R : pred 'I_m) (C : pred 'I_n) : {set 'I_r} :=
  [set k | [exists i, R i && S i k] && [exists j, C j && T k j]].

Lemma pinned_row (R : pred 'I_m) (C : pred 'I_n) j : (#|meeting R C| <= \rank (block R C))%N -> C j ->
  (forall i, R i -> (X *m Y) i j = 0) -> forall k, k \in meeting R C -> Y k j = 0.
Proof.
move=> rk Cj zero k kH; set H := meeting R C in rk kH *.
pose X' : 'M[F]_(m, #|H|) := \matrix_(i, a) if R i then X i (enum_val a) else 0.
pose Y' : 'M[F]_(#|H|, n) := \matrix_(a, j) if C j then Y (enum_val a) j else 0.
have e : block R C = X' *m Y'.
  apply/matrixP => i l; rewrite !mxE; case: (boolP (R i)) => Ri; last first.
    by rewrite /= big1 // => a _; rewrite mxE (negbTE Ri) mul0r.
  case: (boolP (C l)) => Cl; last by rewrite /= big1 // => a _; rewrite [Y' _ _]mxE (negbTE Cl) mulr0.
  rewrite /= (bigID (mem H)) /= [X in _ + X]big1 ?addr0 => [|q nq]; last first.
    have [s|/hX->] := boolP (S i q); last by rewrite mul0r.
    have [t|/hY->] := boolP (T q l); last by rewrite mulr0.
    case/negP: nq; rewrite inE; apply/andP; split; apply/existsP; [exists i | exists l]; by apply/andP.
  rewrite (big_enum_val (A := mem H) (fun q => X i q * Y q l)); apply: eq_bigr => a _.
  by rewrite !mxE Ri Cl.
have free : row_free X'^T.
  rewrite /row_free mxrank_tr eqn_leq rank_leq_col /=.
  by apply: leq_trans rk _; rewrite e mxrankM_maxl.
have : (col j Y')^T *m X'^T = 0.
  rewrite -trmx_mul colE mulmxA -e -colE; apply/matrixP => a i; rewrite !mxE Cj andbT.
  by case: ifP => // Ri; have := zero i Ri; rewrite mxE.
move/eqP; rewrite (mulmx_free_eq0 _ free) => /eqP /matrixP/(_ 0 (enum_rank_in kH k)).
by rewrite !mxE Cj enum_rankK_in.
Qed.

Theorem pinned (g : finType) (R : g -> pred 'I_m) (C : pred 'I_n) i j : C j ->
  (forall a, #|meeting (R a) C| <= \rank (block (R a) C))%N ->
  (forall a i', R a i' -> (X *m Y) i' j = 0) ->
  (forall k, S i k -> T k j -> exists a, k \in meeting (R a) C) -> (X *m Y) i j = 0.
Proof.
move=> Cj rk zero cover; rewrite mxE big1 // => k _.
have [s|/hX->] := boolP (S i k); last by rewrite mul0r.
have [t|/hY->] := boolP (T k j); last by rewrite mulr0.
have [a kH] := cover k s t; rewrite (pinned_row (rk a) Cj (zero a) kH) mulr0 //.
Qed.
End Pinned.
End Frames.
