(** * Chains of factors: from the other end, and rule [fusion] *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness Nested.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** A chain with one more factor at its end. *)
Fixpoint with_last m r (C : chain m r) : forall n, support r n -> chain m n :=
  match C with
  | One _ _ U => fun _ V => Times U (One V)
  | Times _ _ _ U C' => fun _ V => Times U (with_last C' V)
  end.

(** The chain of the transposed factors. *)
Fixpoint turned_chain m n (C : chain m n) : chain n m :=
  match C with
  | One _ _ U => One (turned U)
  | Times _ _ _ U C' => with_last (turned_chain C') (turned U)
  end.

Section Chains.
Variable F : numFieldType.

Lemma with_last_products m r n (C : chain m r) (V : support r n) (A : 'M[F]_(m, n)) :
  chain_products (with_last C V) A <-> exists B Y, [/\ chain_products C B, respects V Y & A = B *m Y].
Proof.
elim: C n V A => [{m r}m r U|{m r}m q r U C IH] n V A /=.
  by split=> -[W [B [hW hB ->]]]; exists W, B.
split=> [[W [B' [hW /IH[B [Y [hB hY ->]]] ->]]]|[B' [Y [[W [B [hW hB ->]]] hY ->]]]].
  by exists (W *m B), Y; split=> //; [exists W, B | rewrite mulmxA].
by exists W, (B *m Y); split=> //; [apply/IH; exists B, Y | rewrite mulmxA].
Qed.

Lemma respects_turned m n (S : support m n) (W : 'M[F]_(m, n)) : respects (turned S) W^T <-> respects S W.
Proof. by split=> h i j ns; [have := h j i ns; rewrite mxE | rewrite mxE; apply: h]. Qed.

Lemma turned_products m n (C : chain m n) (A : 'M[F]_(m, n)) : chain_products (turned_chain C) A^T <-> chain_products C A.
Proof.
elim: C A => [{m n}m n U|{m n}m r n U C IH] A /=; first exact: respects_turned.
apply: iff_trans (with_last_products _ _ _) _; split=> [[B [Y [hB hY e]]]|[W [B [hW hB ->]]]].
  exists Y^T, B^T; split; last by rewrite -trmx_mul -e trmxK.
    by apply/(respects_turned U Y^T).1; rewrite trmxK.
  by apply/(IH B^T).1; rewrite trmxK.
exists B^T, W^T; split; last exact: trmx_mul.
  exact/IH.
exact/respects_turned.
Qed.

(** ** Transposition of a chain *)
Theorem chain_transposed m n (C : chain m n) :
  closed (@chain_products F _ _ (turned_chain C)) -> closed (@chain_products F _ _ C).
Proof.
move=> cl A lim; apply/turned_products; apply: cl => eps /lim[B /turned_products PB h].
by exists B^T => // i j; rewrite !mxE.
Qed.

Lemma times_ext m r n (S : support m r) (C C' : chain r n) :
  (forall B : 'M[F]_(r, n), chain_products C B <-> chain_products C' B) ->
  forall A : 'M[F]_(m, n), chain_products (Times S C) A <-> chain_products (Times S C') A.
Proof. by move=> e A; split=> -[W [B [hW hB ->]]]; exists W, B; split=> //; apply/e. Qed.

Lemma turned_with_last m r n (C : chain m r) (V : support r n) (A : 'M[F]_(n, m)) :
  chain_products (turned_chain (with_last C V)) A <-> chain_products (Times (turned V) (turned_chain C)) A.
Proof.
rewrite -[A]trmxK; apply: iff_trans (turned_products _ _) _.
apply: iff_trans (with_last_products _ _ _) _; split=> [[B [Y [hB hY e]]]|[W [B [hW hB e]]]].
  exists Y^T, B^T; split; [exact/respects_turned | exact/turned_products | by rewrite e trmx_mul].
exists B^T, W^T; split; last by rewrite -trmx_mul -e trmxK.
  by apply/turned_products; rewrite trmxK.
by apply/(respects_turned V W^T).1; rewrite trmxK.
Qed.

(** ** peel at the other end *)
Theorem peel_last m q r n (C : chain m q) (U : support q r) (S : support r n) : compact F ->
  nested_pairs (turned S) (turned U) (overlap (turned S) (reaches (Times (turned U) (turned_chain C)))) ->
  closed (@chain_products F _ _ (with_last C U)) -> closed (@chain_products F _ _ (with_last (with_last C U) S)).
Proof.
move=> compactF nest cl; apply: chain_transposed.
have e (B : 'M[F]_(r, m)) : chain_products (Times (turned U) (turned_chain C)) B <-> chain_products (turned_chain (with_last C U)) B.
  exact: iff_sym (turned_with_last C U B).
apply: closed_ext (fun A => iff_sym (turned_with_last (with_last C U) S A)) _.
apply: closed_ext (times_ext (turned S) e) _; apply: peel nest _ => //.
apply: closed_ext (fun B => iff_sym (e B)) _ => A lim.
rewrite -[A]trmxK; apply/turned_products/cl => eps /lim[B PB h].
by exists B^T => [|i j]; [apply/turned_products; rewrite trmxK | rewrite !mxE].
Qed.

(** ** trim at the other end *)
Theorem chain_trim_last m r n (C : chain m r) (S : support r n) :
  closed (@chain_products F _ _ (with_last C (fun k j => S k j && [exists i, reaches (turned_chain C) k i]))) ->
  closed (@chain_products F _ _ (with_last C S)).
Proof.
move=> cl; apply: chain_transposed.
apply: closed_ext (fun A => iff_sym (turned_with_last C S A)) _; apply: chain_trim.
set S' := (fun k j => _) in cl.
apply: closed_ext (turned_with_last C S') _ => A lim.
rewrite -[A]trmxK; apply/turned_products/cl => eps /lim[B PB h].
by exists B^T => [|i j]; [apply/turned_products; rewrite trmxK | rewrite !mxE].
Qed.

(** ** fusion: two neighbours that give all matrices with a support

    First in the chain; behind other factors by [times_ext]. *)
Lemma fusion_products m r q n (S : support m r) (T : support r q) (U : support m q) (C : chain q n) :
  (forall B : 'M[F]_(m, q), products S T B <-> respects U B) ->
  forall A : 'M[F]_(m, n), chain_products (Times U C) A <-> chain_products (Times S (Times T C)) A.
Proof.
move=> full A; split=> [[W [B [/full[X [Y [hX hY ->]]] hB ->]]]|[X [B' [hX [Y [B [hY hB ->]]] ->]]]].
  by exists X, (Y *m B); split=> //; [exists Y, B | rewrite mulmxA].
by exists (X *m Y), B; split; [apply/full; exists X, Y | | rewrite mulmxA].
Qed.

Theorem fusion m r q n (S : support m r) (T : support r q) (U : support m q) (C : chain q n) :
  (forall B : 'M[F]_(m, q), products S T B <-> respects U B) ->
  closed (@chain_products F _ _ (Times U C)) -> closed (@chain_products F _ _ (Times S (Times T C))).
Proof. by move=> full; apply: closed_ext; apply: fusion_products. Qed.

(** All factors of the chain are fused. *)
Theorem fusion_last m r n (S : support m r) (T : support r n) (U : support m n) :
  (forall B : 'M[F]_(m, n), products S T B <-> respects U B) -> closed (@products F _ _ _ S T).
Proof. by move=> full; apply: closed_ext (fun B => iff_sym (full B)) _; apply: single. Qed.
End Chains.
