/* Flash sales: count-downs, what is left, the place in the line. Without it pages show the same and load anew. */
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const soon = (most) => Math.random() * most; // so that thousands of pages do not ask in the same moment
  /* The shop's time: the page says when it was written, which is when the answer began. One that the browser had kept
     and shows again cannot say: there this computer's clock has to do until the shop is asked. */
  const written = Date.parse(document.currentScript.dataset.now);
  const came = performance.getEntriesByType("navigation")[0];
  const passed = came ? performance.now() - came.responseStart : 0;
  // How far this computer's clock is behind the shop's, in ms.
  let behind = came?.type === "back_forward" ? 0 : written + passed - Date.now();
  const now = () => Date.now() + behind;
  const load = () => location.replace(location.pathname);
  let left = false;
  const again = () => {
    if (left) return;
    left = true;
    setTimeout(load, soon(3000));
  };
  const learn = (told, asked) => {
    const ours = (asked + Date.now()) / 2;
    behind = Date.parse(told) - ours;
  };
  const ask = async (address) => {
    const asked = Date.now();
    const answer = await fetch(address, { credentials: "omit", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    learn(told.now, asked);
    return told;
  };

  /* Count-downs. */
  const clocks = [...document.querySelectorAll("[data-clock]")].map((at) => ({ at, until: Date.parse(at.dateTime) }));
  const two = (n) => String(n).padStart(2, "0");
  const kept = 12000; // ms: longer than the shop keeps a page
  let loading = 0;
  const turn = (pause) => {
    const past = clocks.some(({ until }) => until <= now());
    if (past) {
      loading ||= setTimeout(load, pause + soon(3000));
      return;
    }
    clearTimeout(loading); // the shop's time was learnt meanwhile
    loading = 0;
  };
  const tick = (pause = 0) => {
    for (const { at, until } of clocks) {
      const s = Math.max(0, Math.ceil((until - now()) / 1000));
      const days = Math.floor(s / 86400);
      const parts = [two(Math.floor((s % 86400) / 3600)), two(Math.floor((s % 3600) / 60)), two(s % 60)];
      const text = (days ? `${days} ${at.dataset.day} ` : "") + parts.join(":");
      if (at.textContent !== text) at.textContent = text;
    }
    if (!$("[data-line]")) turn(pause); // in line the shop says when to look
  };
  if (clocks.length) {
    for (const { at } of clocks) {
      at.title = at.textContent;
      at.setAttribute("role", "timer");
    }
    tick(kept); // a page whose moment is over as it comes was kept: so would the next one be until then
    setInterval(tick, 250);
  }

  /* What is left: as often as the shop says, only while somebody looks, slower when nobody answers. */
  const page = $("[data-live]");
  const show = (told) => {
    if (told.state !== page.dataset.state) return again();
    for (const item of told.items) {
      const box = $(`[data-sku="${CSS.escape(item.sku)}"]`);
      const figure = box && $("[data-left]", box);
      if (!figure || told.state !== "running") continue;
      if (item.left === 0 || figure.textContent === page.dataset.gone) {
        if ((item.left === 0) !== (figure.textContent === page.dataset.gone)) again();
        continue;
      }
      figure.textContent = String(item.left);
      $("progress", box).value = item.left;
    }
  };
  const follow = async (pause) => {
    let next = 3000;
    if (document.visibilityState === "visible") {
      try {
        const told = await ask(page.dataset.live);
        next = told.poll_after_s * 1000;
        show(told);
      } catch { next = Math.min(60000, pause * 2); }
    }
    setTimeout(() => follow(next), next + soon(600));
  };
  if (page) follow(3000);

  /* The line: the place follows the clock; the shop is asked when it said so. */
  const line = $("[data-line]");
  if (line) {
    let { place, first } = { place: Number(line.dataset.place), first: Number(line.dataset.first) };
    const rate = Number(line.dataset.rate);
    let since = Date.now();
    const place_now = () => Math.max(0, place - Math.floor(((Date.now() - since) / 1000) * rate));
    const draw = () => {
      const at = place_now();
      const figure = $("[data-place-shown]", line);
      const wait = $("[data-wait]", line);
      if (!figure) return;
      const text = Math.max(1, at).toLocaleString(document.documentElement.lang);
      if (figure.textContent !== text) figure.textContent = text;
      const seconds = Math.ceil(at / rate);
      const words = seconds < 90 ? [wait.dataset.seconds, seconds] : [wait.dataset.minutes, Math.ceil(seconds / 60)];
      wait.textContent = words[0].replace("#", String(words[1]));
      const way = $("progress", line);
      way.max = Math.max(first, place, 1);
      way.value = way.max - at;
    };
    const poll = async () => {
      let after = 5;
      try {
        const told = await ask(`${line.dataset.line}?ticket=${encodeURIComponent(line.dataset.ticket)}`);
        if (told.state !== line.dataset.standing) return again();
        ({ place, first } = told);
        since = Date.now();
        after = told.poll_after_s;
      } catch { after = 10; }
      setTimeout(poll, after * 1000 + soon(after * 100));
    };
    const after = Number(line.dataset.after);
    setTimeout(poll, after * 1000 + soon(after * 100));
    if (line.dataset.standing === "waiting") {
      draw();
      setInterval(draw, 500);
    }
  }
})();
