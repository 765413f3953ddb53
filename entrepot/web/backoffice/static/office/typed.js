/* What was typed into a form that is refused is put in again on the page that says so. It is kept in this tab, for one
   page. Without scripts the way back in the browser's history has it. And a button that is pressed twice sends once. */
"use strict";
(() => {
  const name = "typed";
  const patience = 5000; // until the same button may be pressed on the same page again: a file leaves the page standing
  let sent = new WeakMap();
  const own = ["csrfmiddlewaretoken", "key", "id"]; // new on every page
  const fields = (form) => [...form.elements].filter((one) => one.name && one.tagName !== "BUTTON" && one.type !== "file");
  const ticked = (one) => one.type === "checkbox" || one.type === "radio";
  const hidden = (one) => one.type === "hidden";
  const called = (form) => {
    const parts = fields(form).filter((one) => !own.includes(one.name));
    return `${form.getAttribute("action") || location.pathname} ${parts
      .map((one) => (hidden(one) || ticked(one) ? `${one.name}=${one.value}` : one.name))
      .join(" ")}`;
  };
  const values = (form) =>
    fields(form)
      .filter((one) => !hidden(one))
      .map((one) => (ticked(one) ? one.checked : one.value));
  const put = (one, value) => {
    if (ticked(one)) one.checked = value;
    else one.value = value;
  };

  const kept = JSON.parse(sessionStorage.getItem(name) || "null");
  sessionStorage.removeItem(name);
  const forms = [...document.querySelectorAll(".office form[method=post]")];
  const form = kept && document.querySelector(".errornote") && forms.find((one) => called(one) === kept.called);
  if (form) {
    fields(form)
      .filter((one) => !hidden(one))
      .forEach((one, n) => put(one, kept.values[n]));
    for (let one = form.closest("details"); one; one = one.parentElement.closest("details")) one.open = true;
  }

  addEventListener("pageshow", () => {
    sent = new WeakMap(); // the browser's way back may show the page as it was left
  });
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post" || !event.target.closest(".office")) return;
    const by = event.submitter || event.target;
    if (event.timeStamp - (sent.get(by) ?? -patience) < patience) {
      event.preventDefault();
      return;
    }
    sent.set(by, event.timeStamp);
    try {
      sessionStorage.setItem(name, JSON.stringify({ called: called(event.target), values: values(event.target) }));
    } catch {
      sessionStorage.removeItem(name); // more than a tab may keep
    }
  });
})();
