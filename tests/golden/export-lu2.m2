-- closedness of the problem 7ef846f0f37a6ceccc1401345b605bc7de3e05de4d8eefa8bd7b2e989a0dfa1d
-- ideal of the Zariski closure of the set of products, over QQ:
-- the closure over R may be smaller, and the ideal alone does not decide closedness
W = QQ[w0x0x0, w0x1x0, w0x1x1, w1x0x0, w1x0x1, w1x1x1];
A = QQ[a0x0, a0x1, a1x0, a1x1];
f = map(W, A, {w0x0x0*w1x0x0, w0x0x0*w1x0x1, w0x1x0*w1x0x0, w0x1x0*w1x0x1 + w0x1x1*w1x1x1});
I = kernel f;
print toString I;
print toString {dim I, degree I};
