(** * Refutations: systems of equations without a solution

    Four kinds of nodes. A node is read with two lists: [eqs], polynomials that
    vanish, and [nz], polynomials that do not. Equations are referred to by
    their positions; new ones come last. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Polynomials.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

Inductive refutation :=
(** [RClose hs c us]: the combination [hs] of the equations is [c <> 0] times the
    product of the non-zero polynomials [us]. *)
| RClose of seq (nat * zpoly) & Z & seq nat
(** [RSplit p t0 t1]: either [p] vanishes, a new equation for [t0], or it does
    not, a new non-zero polynomial for [t1]. *)
| RSplit of zpoly & refutation & refutation
(** [RDerive hs t]: the combination [hs] is a new equation for [t]. *)
| RDerive of seq (nat * zpoly) & refutation
(** [RCloseSquares hs c us l], for real fields: the combination is [c > 0] times the
    square of the product [us] plus the squares [l] with weights that are not negative. *)
| RCloseSquares of seq (nat * zpoly) & Z & seq nat & seq (Z * zpoly).

Definition combination (eqs : seq zpoly) (hs : seq (nat * zpoly)) : zpoly :=
  flatten [seq zmul h.2 (nth [::] eqs h.1) | h <- hs].

Definition unit_product (nz : seq zpoly) (us : seq nat) : zpoly :=
  foldr (fun u acc => zmul (nth zone nz u) acc) zone us.

Definition weighted_squares (l : seq (Z * zpoly)) : zpoly := flatten [seq zscale a.1 (zmul a.2 a.2) | a <- l].

Fixpoint refutes (real : bool) (eqs nz : seq zpoly) (t : refutation) : bool :=
  match t with
  | RClose hs c us => ~~ Z.eqb c Z0 && is_zero (combination eqs hs ++ zscale (Z.opp c) (unit_product nz us))
  | RSplit p t0 t1 => refutes real (rcons eqs p) nz t0 && refutes real eqs (rcons nz p) t1
  | RDerive hs t1 => refutes real (rcons eqs (combination eqs hs)) nz t1
  | RCloseSquares hs c us l => [&& real, Z.ltb Z0 c, all (fun a => Z.leb Z0 a.1) l &
      is_zero (combination eqs hs ++
        zscale (Z.opp c) (zmul (unit_product nz us) (unit_product nz us)) ++ zscale (Zneg xH) (weighted_squares l))]
  end.

Local Open Scope ring_scope.

Section Soundness.
Variable F : numFieldType.
Variable env : nat -> F.
Local Notation from_Z := (from_Z F).
Local Notation eval := (eval env).

Lemma combination_eq0 eqs hs : (forall f, f \in eqs -> eval f = 0) -> eval (combination eqs hs) = 0.
Proof.
move=> h; elim: hs => [|a hs IH] /=; first by rewrite /eval big_nil.
rewrite /combination /= eval_cat -/(combination _ _) IH addr0 eval_mul.
case: (ltnP a.1 (size eqs)) => [lt|ge]; first by rewrite (h _ (mem_nth _ lt)) mulr0.
by rewrite nth_default // /eval big_nil mulr0.
Qed.

Lemma unit_product_neq0 nz us : (forall f, f \in nz -> eval f != 0) -> eval (unit_product nz us) != 0.
Proof.
move=> h; elim: us => [|u us IH] /=; first by rewrite eval_one oner_eq0.
rewrite eval_mul mulf_neq0 //; case: (ltnP u (size nz)) => [lt|ge]; first exact: h (mem_nth _ lt).
by rewrite nth_default // eval_one oner_eq0.
Qed.
(** Squares are not negative in the field, or no squares are used. *)

Variable real : bool.
Hypothesis sq_ge0 : real -> forall x : F, 0 <= x * x.

Lemma from_Z_ge0 a : Z.leb Z0 a -> 0 <= from_Z a.
Proof. by move=> h; rewrite /from_Z ler0z; case: a h. Qed.

Lemma from_Z_gt0 a : Z.ltb Z0 a -> 0 < from_Z a.
Proof.
move=> h; rewrite lt_neqAle from_Z_ge0; last by case: a h.
by rewrite andbT eq_sym from_Z_neq0 //; case: a h.
Qed.

Lemma weighted_squares_ge0 l : real -> all (fun a : Z * zpoly => Z.leb Z0 a.1) l -> 0 <= eval (weighted_squares l).
Proof.
move=> re; rewrite /weighted_squares; elim: l => [|a l IH] /=; first by rewrite /eval big_nil.
case/andP=> a0 /IH h; rewrite eval_cat eval_scale eval_mul addr_ge0 // mulr_ge0 ?from_Z_ge0 //.
exact: sq_ge0.
Qed.
Theorem refutes_sound t eqs nz : refutes real eqs nz t ->
  (forall f, f \in eqs -> eval f = 0) -> (forall f, f \in nz -> eval f != 0) -> False.
Proof.
elim: t eqs nz => [hs c us|p t0 IH0 t1 IH1|hs t IH|hs c us l] eqs nz /=.
- case/andP=> c0 /(is_zeroP env); rewrite eval_cat eval_scale from_ZN => e heq hnz.
  move: e; rewrite (combination_eq0 _ heq) add0r mulNr => /eqP; rewrite oppr_eq0.
  by apply/negP; rewrite mulf_neq0 ?from_Z_neq0 ?unit_product_neq0.
- case/andP=> r0 r1 heq hnz; case: (eqVneq (eval p) 0) => [e|ne].
  + by apply: (IH0 _ _ r0) => // f; rewrite mem_rcons inE => /orP[/eqP->|/heq].
  + by apply: (IH1 _ _ r1) => // f; rewrite mem_rcons inE => /orP[/eqP->|/hnz].
- move=> r0 heq hnz; apply: (IH _ _ r0) => // f; rewrite mem_rcons inE => /orP[/eqP->|/heq //].
  exact: combination_eq0.
- case/and4P=> re c0 l0 /(is_zeroP env); rewrite !eval_cat !eval_scale !eval_mul => e heq hnz.
  move: e; rewrite (combination_eq0 _ heq) add0r from_ZN mulNr -[Zneg xH]/(Z.opp (Zpos xH)) from_ZN from_Z1 mulN1r -opprD => /eqP.
  rewrite oppr_eq0 gt_eqF // ltr_paddr ?weighted_squares_ge0 // mulr_gt0 ?from_Z_gt0 // lt_neqAle sq_ge0 // andbT eq_sym.
  by rewrite mulf_neq0 ?unit_product_neq0.
Qed.

End Soundness.
