(** * Sections: families of matrices that are products

    A tree of cases for matrices whose entries are polynomials in some
    variables, the parameters. Each leaf gives two factors in terms of the
    parameters, or shows that there are none. What the tree proves is that all
    matrices of the family agree with products on the cells that are looked at.

    Two families serve here. If all matrices with zeros on the other cells are
    products, the set is closed ([everything]). And if all products of a larger
    pattern are products of the smaller one, whose set is then the same, the
    smaller pattern inherits that the set is closed ([larger]). *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Polynomials Refutation Limit Structure Dichotomy.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

(** Programs on numbers, seen as supports. *)
Definition cells := nat -> nat -> bool.

Definition shown m n (S : cells) : support m n := fun i j => S i j.

Definition forall2 m n (P : nat -> nat -> bool) := all (fun i => all (P i) (iota 0 n)) (iota 0 m).

Definition covers_cell r (S T : cells) (K : nat -> bool) : cells := fun i j => has (fun k => [&& K k, S i k & T k j]) (iota 0 r).

Lemma forall2P m n P : forall2 m n P -> forall (i : 'I_m) (j : 'I_n), P i j.
Proof. by move=> h i j; apply: (all_iota (all_iota h (ltn_ord i))). Qed.

Lemma coversE m r n S T K (i : 'I_m) (j : 'I_n) :
  covered (shown S) (shown T) (fun k : 'I_r => K (val k)) i j = covers_cell r S T K i j.
Proof.
apply/existsP/hasP => [[k h]|[k]]; first by exists (val k); rewrite ?mem_iota ?ltn_ord /=.
by rewrite mem_iota => lt h; exists (Ordinal lt).
Qed.

Inductive sections :=
(** [SSplit p t0 t1]: [p] vanishes in [t0] and does not in [t1]. *)
| SSplit of zpoly & sections & sections
(** [SNever hs c us]: there are no such parameters; as [RClose] in [Refutation.v]. *)
| SNever of seq (nat * zpoly) & Z & seq nat
(** [SGiven X Y us H]: column [j] of the matrix is [X] times column [j] of [Y], divided by the product [nth us j]
    of non-zero polynomials; entry by entry this holds up to the combinations [H] of equations. *)
| SGiven of seq (seq zpoly) & seq (seq zpoly) & seq (seq nat) & seq (seq (seq (nat * zpoly))).

Section Check.
Variables (m r n : nat) (S T O : cells) (matrix : nat -> nat -> zpoly).

Definition agrees eqs nz X Y us H i j : bool :=
  is_zero (dot r X Y i j ++ zscale (Zneg xH) (zmul (matrix i j) (unit_product nz (nth [::] us j)))
         ++ combination eqs (get [::] H i j)).

Fixpoint all_products (eqs nz : seq zpoly) (t : sections) : bool :=
  match t with
  | SSplit p t0 t1 => all_products (rcons eqs p) nz t0 && all_products eqs (rcons nz p) t1
  | SNever hs c us => refutes false eqs nz (RClose hs c us)
  | SGiven X Y us H =>
      [&& forall2 m r (fun i k => S i k || nilp (get [::] X i k)), forall2 r n (fun k j => T k j || nilp (get [::] Y k j)) &
          forall2 m n (fun i j => O i j ==> agrees eqs nz X Y us H i j)]
  end.
End Check.
Local Open Scope ring_scope.

Section Sound.
Variable F : numFieldType.

Theorem all_products_sound m r n (S T O : cells) matrix t (env : nat -> F) eqs nz :
  all_products m r n S T O matrix eqs nz t ->
  (forall f, f \in eqs -> eval env f = 0) -> (forall f, f \in nz -> eval env f != 0) ->
  masked_products (shown S : support m r) (shown T : support r n) (shown O) (\matrix_(i, j) eval env (matrix i j)).
Proof.
elim: t eqs nz => [p t0 IH0 t1 IH1|hs c us|X Y us H] eqs nz /=.
- case/andP=> r0 r1 heq hnz; case: (eqVneq (eval env p) 0) => [e|ne].
  + by apply: (IH0 _ _ r0) => // f; rewrite mem_rcons inE => /orP[/eqP->|/heq].
  + by apply: (IH1 _ _ r1) => // f; rewrite mem_rcons inE => /orP[/eqP->|/hnz].
- move=> h heq hnz; case: (@refutes_sound F env false (fun e => False_ind _ (notF e)) (RClose hs c us) eqs nz h heq hnz).
case/and3P=> sX sY sec heq hnz; pose d j := eval env (unit_product nz (nth [::] us j)).
exists (\matrix_(i, k) eval env (get [::] X i k)), (\matrix_(k, j) (eval env (get [::] Y k j) / d j)); split=> [i k ns|k j ns|i j o].
- have := forall2P sX i k; rewrite -[S i k]/(shown S i k) (negbTE ns) /= mxE => /nilP->; by rewrite /eval big_nil.
- have := forall2P sY k j; rewrite -[T k j]/(shown T k j) (negbTE ns) /= mxE => /nilP->; by rewrite /eval big_nil mul0r.
have dj : d j != 0 by apply: unit_product_neq0.
have := implyP (forall2P sec i j) o; rewrite /agrees => /(is_zeroP env).
rewrite !eval_cat eval_scale eval_mul (combination_eq0 _ heq) addr0 -/(d j).
have -> : from_Z F (Zneg xH) = -1 by rewrite -[Zneg xH]/(Z.opp (Zpos xH)) from_ZN from_Z1.
rewrite mulN1r => /eqP; rewrite subr_eq0 => /eqP e.
rewrite !mxE; transitivity (eval env (dot r X Y i j) / d j); first by rewrite e mulfK.
rewrite /dot; pose g k := eval env (get [::] X i k) * eval env (get [::] Y k j).
transitivity ((\sum_(k < r) g k) / d j); last by rewrite big_distrl /=; apply: eq_bigr => k _; rewrite !mxE /g mulrA.
congr (_ / _); rewrite -(big_mkord xpredT g) /index_iota subn0.
elim: (iota 0 r) => [|k s IH] /=; first by rewrite /eval !big_nil.
by rewrite big_cons -IH eval_cat eval_mul.
Qed.

(** ** All matrices on the covered cells *)
Definition entry_or_zero r n (S T : cells) i j : zpoly :=
  if covers_cell r S T xpredT i j then [:: (Zpos xH, [:: (i * n + j)%N])] else [::].

Theorem everything m r n (S T O : cells) t : all_products m r n S T O (entry_or_zero r n S T) [::] [::] t ->
  closed (@masked_products F m r n (shown S) (shown T) (shown O)).
Proof.
move=> h A lim; have [||X [Y [hX hY e]]] := all_products_sound (env := entries_of A) h; try by move=> f; rewrite in_nil.
exists X, Y; split=> // i j o; rewrite -e // mxE /entry_or_zero -coversE; case: ifPn => [_|nc].
  by rewrite /eval big_seq1 /= /eval_monomial big_seq1 entries_ofE from_Z1 mul1r.
rewrite /eval big_nil; apply: small_eq0 => eps /lim[B [X' [Y' [hX' hY' eB]]] /(_ i j)].
rewrite eB // (product_uncovered (K := fun=> true) _ hY' nc) ?subr0 // => i' k.
by rewrite andbT; apply: hX'.
Qed.

(** ** All products of a larger pattern *)
Theorem larger m r n (S T O : cells) (I J : seq (seq bool)) t :
  forall2 m r (fun i k => S i k ==> get false I i k) -> forall2 r n (fun k j => T k j ==> get false J k j) ->
  all_products m r n S T O (fun i j => sub m r n I J (i * n + j)) [::] [::] t ->
  closed (@masked_products F m r n (shown (get false I)) (shown (get false J)) (shown O)) ->
  closed (@masked_products F m r n (shown S) (shown T) (shown O)).
Proof.
move=> inS inT h cl A lim; have [X0 [Y0 [hX hY e0]]] : masked_products (shown (get false I) : support m r) (shown (get false J)) (shown O) A.
  apply: cl => eps /lim[B [X [Y [hX hY e]]] hB]; exists B => //; exists X, Y; split=> // [i k ns|k j ns].
  - by apply: hX; apply: contra ns; apply: (implyP (forall2P inS i k)).
  - by apply: hY; apply: contra ns; apply: (implyP (forall2P inT k j)).
have [||X [Y [hX' hY' e]]] := all_products_sound (env := factors_of X0 Y0) h; try by move=> f; rewrite in_nil.
by exists X, Y; split=> // i j o; rewrite e0 // -e // mxE (sub_eval hX hY) entries_ofE.
Qed.
End Sound.
