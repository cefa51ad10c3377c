(** * Ranks modulo a prime

    The checkers compute ranks of integer matrices modulo a prime. That is no
    loss of rigour, as long as the rank is only needed from below: a minor that
    is not zero modulo a prime is not zero, neither as an integer nor in a
    field of characteristic zero. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** A minor of full size, up to changes of bases. *)
Lemma rank_minor (E : fieldType) m n d (X : 'M[E]_(m, n)) : (d <= \rank X)%N ->
  exists (L : 'M_(d, m)) (R : 'M_(n, d)), L *m X *m R = 1%:M.
Proof.
move=> dX; have /row_fullP[L hL] := col_base_full X; have /row_freeP[R hR] := row_base_free X.
exists (pid_mx d *m L), (R *m pid_mx d).
transitivity ((pid_mx d : 'M_(d, \rank X)) *m (L *m (col_base X *m row_base X) *m R) *m (pid_mx d : 'M_(\rank X, d))).
  by rewrite mulmx_base !mulmxA.
rewrite [L *m _]mulmxA hL mul1mx hR mulmx1 mul_pid_mx minnn (minn_idPr dX) pid_mx_1 //.
Qed.

Section Modulo.
Variables (F : numFieldType) (p : nat).
Hypothesis p_prime : prime p.

(** An integer matrix in a field. *)
Definition modulo m n (M : 'M[int]_(m, n)) : 'M['F_p]_(m, n) := map_mx intr M.
Definition over m n (M : 'M[int]_(m, n)) : 'M[F]_(m, n) := map_mx intr M.

(** Representatives of the residues. *)
Definition lifted m n (M : 'M['F_p]_(m, n)) : 'M[int]_(m, n) := map_mx (fun x : 'F_p => (val x)%:Z) M.

Lemma lifted_modulo m n (M : 'M['F_p]_(m, n)) : modulo (lifted M) = M.
Proof. by apply/matrixP => i j; rewrite !mxE -[LHS]/((val (M i j))%:R) natr_Zp. Qed.

Theorem rank_modulo m n (M : 'M[int]_(m, n)) : (\rank (modulo M) <= \rank (over M))%N.
Proof.
have [L [R e]] := rank_minor (leqnn (\rank (modulo M))).
pose D := lifted L *m M *m lifted R.
have D1 : modulo D = 1%:M.
  rewrite /D /modulo !map_mxM /= -/(modulo (lifted L)) -/(modulo (lifted R)) !lifted_modulo; exact: e.
have D0 : \det D != 0.
  have : \det (modulo D) != 0 by rewrite D1 det1 oner_eq0.
  by rewrite /modulo det_map_mx; apply: contraNneq => ->; rewrite rmorph0.
have : over D \in unitmx by rewrite unitmxE unitfE /over det_map_mx intr_eq0.
rewrite -row_free_unit /row_free => /eqP <-.
rewrite /D /over !map_mxM /=; apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
Qed.

(** Onto modulo a prime, so onto. *)
Corollary onto_modulo m n (M : 'M[int]_(m, n)) : \rank (modulo M) = m -> forall d : 'cV[F]_m, exists v, over M *m v = d.
Proof.
move=> rk d; have : row_free (over M) by rewrite /row_free eqn_leq rank_leq_row -{1}rk rank_modulo.
by case/row_freeP=> V e; exists (V *m d); rewrite mulmxA e mul1mx.
Qed.
End Modulo.
