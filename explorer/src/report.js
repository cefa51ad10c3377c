import { bindCurve } from "./curve.js";

bindCurve(document);
