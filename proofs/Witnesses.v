(** * Ranks and spaces, shown by integer matrices

    What a program can check of ranks without elimination: a product with
    matrices on both sides that is a multiple of the identity bounds a rank
    from below, a factorisation bounds it from above, and one identity shows
    that all solutions of linear equations are spanned by given vectors. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Polynomials Limit Classification Sections Types.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

(** Matrices of integers as tables. *)
Definition ztable := seq (seq Z).

Definition tabulate T m n (f : nat -> nat -> T) : seq (seq T) := [seq [seq f i j | j <- iota 0 n] | i <- iota 0 m].

Definition zsum (f : nat -> Z) r : Z := foldr (fun k acc => Z.add (f k) acc) Z0 (iota 0 r).

Definition zproduct m r n (M N : ztable) : ztable :=
  tabulate m n (fun i j => zsum (fun k => Z.mul (get Z0 M i k) (get Z0 N k j)) r).

Definition scalar c (i j : nat) : Z := if i == j then c else Z0.

(** [M] is [c] times the identity, and [c] is not 0. *)
Definition is_scalar n c (M : ztable) : bool :=
  ~~ Z.eqb c Z0 && forall2 n n (fun i j => Z.eqb (get Z0 M i j) (scalar c i j)).

(** [M] times [c] is [N], and [c] is not 0. *)
Definition is_multiple m n c (M N : ztable) : bool :=
  ~~ Z.eqb c Z0 && forall2 m n (fun i j => Z.eqb (Z.mul c (get Z0 M i j)) (get Z0 N i j)).

(** The rank of [M] is at least [q]. *)
Definition rank_above m n q (M : ztable) c (L R : ztable) : bool :=
  is_scalar q c (zproduct q n q (zproduct q m n L M) R).

(** The rank of [M] is at most [q]. *)
Definition rank_below m n q (M : ztable) c (P Q : ztable) : bool := is_multiple m n c M (zproduct m q n P Q).

(** The vectors of length [n] that satisfy the equations [E] are spanned by the vectors [W]. *)
Record span := Span { span_scale : Z; span_equations : ztable; span_vectors : ztable }.

Definition spans n (E W : ztable) (a : span) : bool :=
  ~~ Z.eqb (span_scale a) Z0 && forall2 n n (fun x y => Z.eqb
    (Z.add (zsum (fun e => Z.mul (get Z0 (span_equations a) x e) (get Z0 E e y)) (size E))
           (zsum (fun w => Z.mul (get Z0 W w x) (get Z0 (span_vectors a) w y)) (size W)))
    (scalar (span_scale a) x y)).

Lemma tabulateE T (d : T) m n f i j : i < m -> j < n -> get d (tabulate m n f) i j = f i j.
Proof.
move=> lm ln; rewrite /get /tabulate (nth_map 0) ?size_iota // (nth_map 0) ?size_iota //.
by rewrite !nth_iota.
Qed.

(** Hidden indices in a list as a set. *)
Definition listed n (s : seq nat) : {set 'I_n} := [set k | val k \in s].

Lemma card_listed n s : uniq s -> all (fun k => k < n) s -> #|listed n s| = size s.
Proof.
move=> un lt; rewrite cardE -(size_map val); apply: perm_size; apply: uniq_perm => //.
  by rewrite map_inj_uniq ?enum_uniq //; apply: val_inj.
move=> k; apply/mapP/idP => [[k' + ->]|ks]; first by rewrite mem_enum inE.
by exists (Ordinal (allP lt k ks)); rewrite // mem_enum inE.
Qed.

Local Open Scope ring_scope.

Section Soundness.
Variable F : numFieldType.
Local Notation from_Z := (from_Z F).

Definition zmx m n (M : ztable) : 'M[F]_(m, n) := \matrix_(i, j) from_Z (get Z0 M i j).

Lemma from_zsum (f : nat -> Z) r : from_Z (zsum f r) = \sum_(k < r) from_Z (f k).
Proof.
rewrite -(big_mkord xpredT (fun k => from_Z (f k))) /index_iota subn0 /zsum.
by elim: (iota 0 r) => [|k s IH] /=; rewrite ?big_nil // big_cons from_ZD IH.
Qed.

Lemma zmx_product m r n M N : zmx m n (zproduct m r n M N) = zmx m r M *m zmx r n N.
Proof.
apply/matrixP => i j; rewrite mxE tabulateE // from_zsum mxE.
by apply: eq_bigr => k _; rewrite !mxE from_ZM.
Qed.

Lemma from_scalar n c : (\matrix_(i < n, j < n) from_Z (scalar c i j)) = (from_Z c)%:M.
Proof. by apply/matrixP => i j; rewrite !mxE /scalar -val_eqE; case: eqP. Qed.

Lemma is_scalarP n c M : is_scalar n c M -> from_Z c != 0 /\ zmx n n M = (from_Z c)%:M.
Proof.
case/andP=> /(from_Z_neq0 F) c0 h; split=> //; rewrite -from_scalar; apply/matrixP => i j; rewrite !mxE.
by have /Z.eqb_spec-> := forall2P h i j.
Qed.

Lemma is_multipleP m n c M N : is_multiple m n c M N -> from_Z c != 0 /\ from_Z c *: zmx m n M = zmx m n N.
Proof.
case/andP=> /(from_Z_neq0 F) c0 h; split=> //; apply/matrixP => i j; rewrite !mxE -from_ZM.
by have /Z.eqb_spec-> := forall2P h i j.
Qed.

Lemma rank_aboveP m n q M c L R : rank_above m n q M c L R -> (q <= \rank (zmx m n M))%N.
Proof.
case/is_scalarP=> c0; rewrite !zmx_product => e; apply: (minor_rank (L := zmx q m L) (R := zmx n q R)).
by rewrite e det_scalar expf_neq0.
Qed.

Lemma rank_belowP m n q M c P Q : rank_below m n q M c P Q -> (\rank (zmx m n M) <= q)%N.
Proof.
case/is_multipleP=> c0; rewrite zmx_product => e; rewrite -(mxrank_scale_nz _ c0) e.
exact: leq_trans (mxrankM_maxl _ _) (rank_leq_col _).
Qed.

(** [v] satisfies the equations [E]. *)
Definition killed n (E : ztable) (v : 'rV[F]_n) : Prop := zmx (size E) n E *m v^T = 0.

Lemma killedP n E (v : 'rV[F]_n) : killed E v <->
  forall e, e \in E -> \sum_(x < n) from_Z (nth Z0 e x) * v 0 x = 0.
Proof.
split=> [h e /(nthP [::])[b lt eb]|h].
  have : (zmx (size E) n E *m v^T) (Ordinal lt) 0 = 0 by rewrite h mxE.
  rewrite mxE => z; rewrite -[RHS]z; apply: eq_bigr => x _; by rewrite !mxE /get /= eb.
apply/matrixP => b z; rewrite ord1 [RHS]mxE -[RHS](h (nth [::] E b)) ?mem_nth // mxE.
by apply: eq_bigr => x _; rewrite !mxE.
Qed.

Lemma killed_cat n E E' (v : 'rV[F]_n) : killed E v -> killed E' v -> killed (E ++ E') v.
Proof.
move=> /killedP h /killedP h'; apply/killedP => e; rewrite mem_cat.
by case/orP=> [/h|/h'].
Qed.

Lemma spansP n E W a (v : 'rV[F]_n) : spans n E W a -> killed E v -> exists d : 'rV_(size W), v = d *m zmx (size W) n W.
Proof.
case/andP=> /(from_Z_neq0 F) c0 h Ev; set c := span_scale a in c0 h.
pose N := zmx n (size E) (span_equations a); pose M := zmx (size W) n (span_vectors a).
have e : N *m zmx (size E) n E + (zmx (size W) n W)^T *m M = (from_Z c)%:M.
  rewrite -from_scalar; apply/matrixP => x y; rewrite !mxE.
  have /Z.eqb_spec <- := forall2P h x y; rewrite from_ZD !from_zsum.
  congr (_ + _); first by apply: eq_bigr => k _; rewrite !mxE from_ZM.
  by apply: eq_bigr => k _; rewrite !mxE from_ZM.
exists ((from_Z c)^-1 *: (v *m M^T)); apply: trmx_inj.
rewrite trmx_mul linearZ /= trmx_mul trmxK -scalemxAr mulmxA.
have := congr1 (fun X => X *m v^T) e; rewrite mulmxDl -mulmxA Ev mulmx0 add0r mul_scalar_mx => ->.
by rewrite scalerA mulVf // scale1r.
Qed.
End Soundness.
