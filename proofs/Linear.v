(** * Rule [linear]: every matrix, by linear equations

    Entries of the factors are zero, fixed or free. The free ones have stages
    1, 2, ...; those of one stage serve the cells of that stage, where they
    meet fixed entries only. If the linear map of each stage is onto, the
    factors give every matrix on their cells: the hypothesis of [full]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Linear.
Variable F : numFieldType.
Variables (m r n : nat).
(** [None]: zero; [Some 0]: fixed; [Some s]: free, of stage [s]. *)
Variables (stage_left : 'I_m -> 'I_r -> option nat) (stage_right : 'I_r -> 'I_n -> option nat).
(** The cells, and their stages. *)
Variables (cells : support m n) (stage : 'I_m -> 'I_n -> nat).
Variables (X0 : 'M[F]_(m, r)) (Y0 : 'M[F]_(r, n)).

(** The stage of a product of two entries. *)
Definition product_stage (a b : option nat) : nat :=
  match a, b with
  | Some s, Some t => if (s == 0%N) || (t == 0%N) then maxn s t else (maxn s t).+1
  | _, _ => 0%N
  end.

Hypothesis fixed_left : forall i k, stage_left i k != Some 0%N -> X0 i k = 0.
Hypothesis fixed_right : forall k j, stage_right k j != Some 0%N -> Y0 k j = 0.
Hypothesis no_stage_0 : forall i j, cells i j -> (0 < stage i j)%N.
(** A cell has at least the stage of each product in it. *)
Hypothesis stage_of_cells : forall i j k, cells i j -> (product_stage (stage_left i k) (stage_right k j) <= stage i j)%N.

(** Entries of stage [t]. *)
Definition of_stage_left t (X : 'M[F]_(m, r)) := forall i k, stage_left i k != Some t -> X i k = 0.
Definition of_stage_right t (Y : 'M[F]_(r, n)) := forall k j, stage_right k j != Some t -> Y k j = 0.

(** The map of stage [t] is onto. *)
Hypothesis onto : forall t (D : 'M[F]_(m, n)), (0 < t)%N -> exists X Y,
  [/\ of_stage_left t X, of_stage_right t Y &
      forall i j, cells i j -> stage i j = t -> (X0 *m Y + X *m Y0) i j = D i j].

Definition up_to_left t (X : 'M[F]_(m, r)) := forall i k,
  match stage_left i k with None => X i k = 0 | Some s => (s = 0%N -> X i k = X0 i k) /\ ((t < s)%N -> X i k = 0) end.
Definition up_to_right t (Y : 'M[F]_(r, n)) := forall k j,
  match stage_right k j with None => Y k j = 0 | Some s => (s = 0%N -> Y k j = Y0 k j) /\ ((t < s)%N -> Y k j = 0) end.

Lemma stages t (D : 'M[F]_(m, n)) : exists X Y, [/\ up_to_left t X, up_to_right t Y &
  forall i j, cells i j -> (stage i j <= t)%N -> (X *m Y) i j = D i j].
Proof.
elim: t => [|t [X [Y [uX uY e]]]].
  exists X0, Y0; split=> [i k|k j|i j c]; last by rewrite leqNgt no_stage_0.
  - by case e: (stage_left i k) => [[|s]|]; [by [] | split=> // _ |]; apply: fixed_left; rewrite e.
  - by case e: (stage_right k j) => [[|s]|]; [by [] | split=> // _ |]; apply: fixed_right; rewrite e.
have [dX [dY [hX hY ed]]] := onto (D - X *m Y) (ltn0Sn t).
have zX i k s : stage_left i k = Some s -> s <> t.+1 -> dX i k = 0.
  by move=> es ne; apply: hX; rewrite es; apply/eqP => -[].
have zY k j s : stage_right k j = Some s -> s <> t.+1 -> dY k j = 0.
  by move=> es ne; apply: hY; rewrite es; apply/eqP => -[].
exists (X + dX), (Y + dY); split=> [i k|k j|i j c le].
- have := uX i k; case es: (stage_left i k) => [s|] h; rewrite mxE; last by rewrite h hX ?addr0 // es.
  case: h => h0 h1; split=> [s0|lt]; first by rewrite h0 // (zX i k s) ?addr0 // s0.
  rewrite h1 ?(ltn_trans _ lt) // (zX i k s) ?addr0 // => es1; by rewrite es1 ltnn in lt.
- have := uY k j; case es: (stage_right k j) => [s|] h; rewrite mxE; last by rewrite h hY ?addr0 // es.
  case: h => h0 h1; split=> [s0|lt]; first by rewrite h0 // (zY k j s) ?addr0 // s0.
  rewrite h1 ?(ltn_trans _ lt) // (zY k j s) ?addr0 // => es1; by rewrite es1 ltnn in lt.
have expand : ((X + dX) *m (Y + dY)) i j = (X *m Y) i j + \sum_k (X i k * dY k j + dX i k * Y k j + dX i k * dY k j).
  rewrite !mxE -big_split; apply: eq_bigr => k _; rewrite !mxE /=.
  by rewrite mulrDl !mulrDr !addrA.
rewrite expand; move: le; rewrite leq_eqVlt ltnS => /orP[/eqP es|le].
  rewrite (_ : \sum_k _ = (X0 *m dY + dX *m Y0) i j); first by rewrite ed // !mxE addrC subrK.
  rewrite !mxE -big_split; apply: eq_bigr => k _ /=.
  have := stage_of_cells k c; rewrite es => sp.
  have := uX i k; have := uY k j; move: sp.
  case ex: (stage_left i k) => [s|]; last first.
    by move=> _ _ ->; rewrite hX ?ex // fixed_left ?ex // !mul0r !addr0.
  case ey: (stage_right k j) => [u|]; last first.
    by move=> _ -> _; rewrite hY ?ey // fixed_right ?ey // !mulr0 !addr0.
  move=> sp [y0 y1] [x0 x1].
  have dd : dX i k * dY k j = 0.
    have [e1|ne] := eqVneq s t.+1; last by rewrite (zX i k s) ?mul0r //; apply/eqP.
    have [e2|ne] := eqVneq u t.+1; last by rewrite (zY k j u) ?mulr0 //; apply/eqP.
    by move: sp; rewrite /product_stage e1 e2 /= maxnn ltnn.
  rewrite dd addr0; congr (_ + _).
    have [e2|ne] := eqVneq u t.+1; last by rewrite (zY k j u) ?mulr0 //; apply/eqP.
    have [s0|sn] := eqVneq s 0%N; first by rewrite x0.
    by move: sp; rewrite /product_stage e2 (negbTE sn) /= ltnNge leq_maxr.
  have [e1|ne] := eqVneq s t.+1; last by rewrite (zX i k s) ?mul0r //; apply/eqP.
  have [u0|un] := eqVneq u 0%N; first by rewrite y0.
  by move: sp; rewrite /product_stage e1 (negbTE un) /= ltnNge leq_maxl.
rewrite big1 ?addr0; first exact: e.
move=> k _; have sp := leq_trans (stage_of_cells k c) le.
have := uX i k; have := uY k j; move: sp.
case ex: (stage_left i k) => [s|]; last by move=> _ _ ->; rewrite hX ?ex // !mul0r !addr0.
case ey: (stage_right k j) => [u|]; last by move=> _ -> _; rewrite hY ?ey // !mulr0 !addr0.
move=> sp _ _.
have ns : s <> t.+1.
  move=> e1; move: sp; rewrite /product_stage e1 leqNgt; case: ifP => _; rewrite ?ltnS ?leq_maxl //.
  by rewrite (leq_trans _ (leq_maxl _ _)).
have nu : u <> t.+1.
  move=> e2; move: sp; rewrite /product_stage e2 leqNgt; case: ifP => _; rewrite ?ltnS ?leq_maxr //.
  by rewrite (leq_trans _ (leq_maxr _ _)).
by rewrite (zX i k s ex ns) (zY k j u ey nu) !mul0r mulr0 !addr0.
Qed.

Theorem linear (D : 'M[F]_(m, n)) : exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)), [/\ (forall i k, stage_left i k = None -> X i k = 0),
  (forall k j, stage_right k j = None -> Y k j = 0) & forall i j, cells i j -> (X *m Y) i j = D i j].
Proof.
have [X [Y [uX uY e]]] := stages (\max_i \max_j stage i j) D.
exists X, Y; split=> [i k es|k j es|i j c].
- by have := uX i k; rewrite es.
- by have := uY k j; rewrite es.
by apply: e => //; apply: leq_trans (leq_bigmax i); apply: leq_bigmax.
Qed.
End Linear.

(** ** Generic factors on one side

    With fixed left entries [X0] and one right inverse for the rows of each
    column the indices of [K] give all matrices on their cells. *)
Theorem full_by_columns (F : numFieldType) m r n (S : support m r) (T : support r n) (Omega : support m n)
    (K : pred 'I_r) (X0 : 'M[F]_(m, r)) (V : 'I_n -> 'M[F]_(r, m)) :
  respects (fun i k => S i k && K k) X0 -> (forall j k i, ~~ (K k && T k j) -> V j k i = 0) ->
  (forall i i' j, Omega i j -> covered S T K i j -> Omega i' j -> covered S T K i' j ->
     (X0 *m V j) i i' = (i == i')%:R) ->
  forall D : 'M[F]_(m, n), exists (X : 'M[F]_(m, r)) (Y : 'M[F]_(r, n)),
    [/\ respects (fun i k => S i k && K k) X, respects T Y &
        forall i j, Omega i j -> covered S T K i j -> (X *m Y) i j = D i j].
Proof.
move=> hX hV inv D; pose Y : 'M[F]_(r, n) := \matrix_(k, j) \sum_(i | Omega i j && covered S T K i j) V j k i * D i j.
exists X0, Y; split=> // [k j ns|i j O c].
  by rewrite mxE big1 // => i _; rewrite hV ?mul0r // negb_and ns orbT.
transitivity (\sum_(i' | Omega i' j && covered S T K i' j) (X0 *m V j) i i' * D i' j).
  rewrite mxE; under eq_bigr do rewrite mxE mulr_sumr.
  rewrite exchange_big /=; apply: eq_bigr => i' _; rewrite mxE mulr_suml.
  by apply: eq_bigr => k _; rewrite mulrA.
rewrite (bigD1 i) ?O //= inv // eqxx mul1r big1 ?addr0 // => i' /andP[/andP[O' c'] ne].
by rewrite inv // eq_sym (negbTE ne) mul0r.
Qed.
