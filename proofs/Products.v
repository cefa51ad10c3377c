(** * Products of matrices with given supports, and closedness

    The definitions that all theorems of this folder speak of. A support says
    where a matrix may have entries that are not zero. The set of products of
    a chain of supports is closed if it contains every matrix that its members
    approximate. [F] is any [numFieldType] (ordered like the real, or normed
    like the complex numbers), so every theorem holds over R and over C. *)

From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Definition support (m n : nat) := 'I_m -> 'I_n -> bool.

Section Definitions.
Variable F : numFieldType.

(** The entries of [W] outside the support are zero. *)
Definition respects m n (S : support m n) (W : 'M[F]_(m, n)) : Prop :=
  forall i j, ~~ S i j -> W i j = 0.

(** Members of [P] come as close to [A] as one wants, in every entry. *)
Definition limit_point m n (P : 'M[F]_(m, n) -> Prop) (A : 'M[F]_(m, n)) : Prop :=
  forall eps : F, 0 < eps -> exists2 B, P B & forall i j, `|A i j - B i j| < eps.

Definition closed m n (P : 'M[F]_(m, n) -> Prop) : Prop :=
  forall A, limit_point P A -> P A.

(** ** Two factors *)

Definition products m r n (S : support m r) (T : support r n) (A : 'M[F]_(m, n)) : Prop :=
  exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)), [/\ respects S X, respects T Y & A = X *m Y].

(** ** Any number of factors *)

Inductive chain : nat -> nat -> Type :=
| One m n : support m n -> chain m n
| Times m r n : support m r -> chain r n -> chain m n.

Fixpoint chain_products m n (C : chain m n) : 'M[F]_(m, n) -> Prop :=
  match C with
  | One _ _ U => respects U
  | Times _ _ _ U C' => fun A =>
      exists W B, [/\ respects U W, chain_products C' B & A = W *m B]
  end.

Lemma chain_of_two m r n (S : support m r) (T : support r n) A :
  chain_products (Times S (One T)) A <-> products S T A.
Proof. by []. Qed.

(** ** Cells that are not looked at

    Where only the cells in [Omega] count, a matrix belongs to the set if it
    agrees with a product there. With all cells this is [products]. *)

Definition masked_products m r n (S : support m r) (T : support r n) (Omega : support m n)
    (A : 'M[F]_(m, n)) : Prop :=
  exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)),
    [/\ respects S X, respects T Y & forall i j, Omega i j -> A i j = (X *m Y) i j].

Definition all_cells m n : support m n := fun _ _ => true.

Lemma masked_by_nothing m r n (S : support m r) (T : support r n) A :
  masked_products S T (@all_cells m n) A <-> products S T A.
Proof.
split=> -[X [Y [hX hY e]]]; exists X, Y; split=> //; last by move=> i j _; rewrite e.
by apply/matrixP => i j; rewrite e.
Qed.

(** ** Closedness depends on the set alone *)

Lemma closed_ext m n (P Q : 'M[F]_(m, n) -> Prop) :
  (forall A, P A <-> Q A) -> closed P -> closed Q.
Proof.
move=> PQ cl A lim; apply/PQ/cl => eps /lim[B /PQ PB h].
by exists B.
Qed.

Lemma limit_point_in m n (P : 'M[F]_(m, n) -> Prop) A : P A -> limit_point P A.
Proof. by move=> PA eps e0; exists A => // i j; rewrite subrr normr0. Qed.

(** A number below every positive bound is zero. *)
Lemma small_eq0 (x : F) : (forall eps : F, 0 < eps -> `|x| < eps) -> x = 0.
Proof.
move=> h; apply/eqP; apply: contraT => x0.
by have := h `|x|; rewrite normr_gt0 x0 ltxx => /(_ isT).
Qed.

(** An entry that vanishes for all members vanishes for their limits. *)
Lemma limit_entry0 m n (P : 'M[F]_(m, n) -> Prop) A i j :
  (forall B, P B -> B i j = 0) -> limit_point P A -> A i j = 0.
Proof.
move=> z lim; apply: small_eq0 => eps /lim[B /z e /(_ i j)].
by rewrite e subr0.
Qed.

End Definitions.
