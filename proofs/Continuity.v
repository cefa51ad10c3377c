(** * Polynomials are continuous

    In the sense needed here: a bound on the change of every variable bounds
    the change of the value, over any [numFieldType]. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Polynomials.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Cont.
Variable F : numFieldType.
Variable env : nat -> F.

Definition near (d : F) (env' : nat -> F) := forall v, `|env v - env' v| < d.

Definition continuous (f : (nat -> F) -> F) := forall eps : F, 0 < eps ->
  exists2 d : F, 0 < d & forall env', near d env' -> `|f env - f env'| < eps.

Lemma smaller_than_both (a b : F) : 0 < a -> 0 < b -> exists d, [/\ 0 < d, d < a & d < b].
Proof.
move=> a0 b0; have s0 : 0 < a + b by rewrite addr_gt0.
exists (a * b / (a + b)); split.
- by rewrite divr_gt0 ?mulr_gt0.
- by rewrite ltr_pdivr_mulr // ltr_pmul2l // ltr_addr.
- by rewrite ltr_pdivr_mulr // [a * b]mulrC ltr_pmul2l // ltr_addl.
Qed.

Lemma near_le d d' env' : d < d' -> near d env' -> near d' env'.
Proof. by move=> lt h v; apply: lt_trans (h v) lt. Qed.

Lemma continuous_const c : continuous (fun _ => c).
Proof. by move=> eps e0; exists 1 => [|env' _]; first exact: ltr01; last rewrite subrr normr0. Qed.

Lemma continuous_var v : continuous (fun e => e v).
Proof. by move=> eps e0; exists eps => // env' h; apply: h. Qed.

Lemma continuous_add f g : continuous f -> continuous g -> continuous (fun e => f e + g e).
Proof.
move=> cf cg eps e0; have h0 : 0 < eps / 2%:R by rewrite divr_gt0 ?ltr0n.
have [a a0 ha] := cf _ h0; have [b b0 hb] := cg _ h0; have [d [d0 da db]] := smaller_than_both a0 b0.
exists d => // env' hn; rewrite opprD addrACA [eps]splitr.
apply: le_lt_trans (ler_norm_add _ _) _.
by rewrite ltr_add ?ha ?hb //; [apply: near_le da hn | apply: near_le db hn].
Qed.

Lemma continuous_mul f g : continuous f -> continuous g -> continuous (fun e => f e * g e).
Proof.
move=> cf cg eps e0; have h0 : 0 < eps / 2%:R by rewrite divr_gt0 ?ltr0n.
have nf : 0 < `|f env| + 1 by rewrite ltr_paddl.
have ng : 0 < `|g env| + 1 by rewrite ltr_paddl.
have p1 : 0 < eps / 2%:R / (`|f env| + 1) by rewrite divr_gt0.
have p2 : 0 < eps / 2%:R / (`|g env| + 1) by rewrite divr_gt0.
have [a a0 ha] := cg _ p1; have [b b0 hb] := cf _ p2; have [c c0 hc] := cg _ ltr01.
have [d1 [d10 d1a d1b]] := smaller_than_both a0 b0; have [d [d0 dd1 dc]] := smaller_than_both d10 c0.
exists d => // env' hn.
have Ha := ha _ (near_le (lt_trans dd1 d1a) hn); have Hb := hb _ (near_le (lt_trans dd1 d1b) hn).
have Hc := hc _ (near_le dc hn).
have gb : `|g env'| < `|g env| + 1.
  rewrite -[g env'](subKr (g env)); apply: le_lt_trans (ler_norm_sub _ _) _.
  by rewrite ltr_add2l.
have -> : f env * g env - f env' * g env' = f env * (g env - g env') + (f env - f env') * g env'.
  by rewrite mulrBr mulrBl addrA subrK.
apply: le_lt_trans (ler_norm_add _ _) _; rewrite !normrM [eps]splitr.
apply: ler_lt_add.
  apply: le_trans (_ : (`|f env| + 1) * `|g env - g env'| <= _).
    by rewrite ler_wpmul2r // ler_addl.
  by rewrite mulrC -ler_pdivl_mulr // ltW.
apply: le_lt_trans (_ : `|f env - f env'| * (`|g env| + 1) < _).
  by rewrite ler_wpmul2l // ltW.
by rewrite -ltr_pdivl_mulr.
Qed.

Lemma monomial_continuous s : continuous (fun e => eval_monomial e s).
Proof.
elim: s => [|v s IH].
  by move=> eps e0; exists 1 => [|env' _]; rewrite ?ltr01 // /eval_monomial !big_nil subrr normr0.
move=> eps /(continuous_mul (continuous_var v) IH) [d d0 h]; exists d => // env' /h; by rewrite /eval_monomial !big_cons.
Qed.

Lemma eval_continuous p : continuous (fun e => eval e p).
Proof.
elim: p => [|t p IH].
  by move=> eps e0; exists 1 => [|env' _]; rewrite ?ltr01 // /eval !big_nil subrr normr0.
move=> eps /(continuous_add (continuous_mul (continuous_const (from_Z F t.1)) (monomial_continuous t.2)) IH) [d d0 h].
exists d => // env' /h; by rewrite /eval !big_cons.
Qed.
End Cont.
