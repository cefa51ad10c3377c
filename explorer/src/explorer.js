// Entry: the page of `closedness explore`, and the module of the notebook widget.
import { mount } from "./app.js";
import { h } from "./dom.js";
import { fromLink, fromObject, same, toLink, toObject } from "./problem.js";
import { overHttp, overModel } from "./transport.js";

const place = document.getElementById("closedness-explorer");

if (place) {
  const start = JSON.parse(document.getElementById("closedness-start").textContent);
  const problem = fromLink(location.hash) ?? (start.problem ? fromObject(start.problem) : null);
  const app = mount(place, {
    ...start,
    problem,
    ask: overHttp,
    whole: document,
    changed: (state) => history.replaceState(null, "", `#${toLink(state)}`),
  });
  addEventListener("hashchange", () => {
    const found = fromLink(location.hash);
    if (found && !same(found, app.state)) app.take(found);
  });
}

const render = ({ model, el }) => {
  const root = el.attachShadow({ mode: "open" });
  const inside = h("div");
  root.append(h("style", {}, model.get("_style")), inside);
  const app = mount(inside, {
    ...model.get("_start"),
    problem: fromObject(model.get("problem"), model.get("field")),
    ask: overModel(model),
    changed: (state) => {
      model.set("problem", toObject(state));
      model.set("field", state.field);
      model.save_changes();
    },
  });
  const follow = () => {
    const found = fromObject(model.get("problem"), model.get("field"));
    if (!same(found, app.state)) app.take(found);
  };
  model.on("change:problem", follow);
  return () => {
    model.off("change:problem", follow);
    app.end();
  };
};

export default { render };
