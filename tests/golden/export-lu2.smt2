; closedness of the problem 7ef846f0f37a6ceccc1401345b605bc7de3e05de4d8eefa8bd7b2e989a0dfa1d
; over the real numbers
; satisfiable exactly when the set of products is not closed
(set-logic NRA)
(declare-const a_0_0 Real)
(declare-const a_0_1 Real)
(declare-const a_1_0 Real)
(declare-const a_1_1 Real)
(assert (forall ((w0_0_0 Real) (w0_1_0 Real) (w0_1_1 Real) (w1_0_0 Real) (w1_0_1 Real) (w1_1_1 Real)) (or (not (= (* w0_0_0 w1_0_0) a_0_0)) (not (= (* w0_0_0 w1_0_1) a_0_1)) (not (= (* w0_1_0 w1_0_0) a_1_0)) (not (= (+ (* w0_1_0 w1_0_1) (* w0_1_1 w1_1_1)) a_1_1)))))
(assert (forall ((eps Real)) (or (not (< 0.0 eps)) (exists ((u0_0_0 Real) (u0_1_0 Real) (u0_1_1 Real) (u1_0_0 Real) (u1_0_1 Real) (u1_1_1 Real)) (and (< (* u0_0_0 u1_0_0) (+ a_0_0 eps)) (< a_0_0 (+ (* u0_0_0 u1_0_0) eps)) (< (* u0_0_0 u1_0_1) (+ a_0_1 eps)) (< a_0_1 (+ (* u0_0_0 u1_0_1) eps)) (< (* u0_1_0 u1_0_0) (+ a_1_0 eps)) (< a_1_0 (+ (* u0_1_0 u1_0_0) eps)) (< (+ (* u0_1_0 u1_0_1) (* u0_1_1 u1_1_1)) (+ a_1_1 eps)) (< a_1_1 (+ (* u0_1_0 u1_0_1) (* u0_1_1 u1_1_1) eps)))))))
(check-sat)
