/* Koala Lane: everything here makes pages nicer; none of them needs it. */
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector, from = document) => from.querySelector(selector);
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const hit = event.target instanceof Element && event.target.closest(selector);
      if (hit) act(event, hit);
    });

  /* Quantity: − and + around a number field. */
  on("click", "[data-step]", (event, button) => {
    const input = $("input[type=number]", button.closest("[data-stepper]"));
    const next = Number(input.value || 0) + Number(button.dataset.step);
    input.value = Math.min(Number(input.max || 99), Math.max(Number(input.min || 0), next));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* Forms that send themselves when a field changes (their button is hidden with JavaScript on). */
  let soon;
  on("change", "form[data-auto]", (event, form) => {
    clearTimeout(soon);
    soon = setTimeout(() => form.requestSubmit(), 350);
  });

  /* The other language of a page that htmx has moved on. */
  document.addEventListener("htmx:pushedIntoHistory", () => {
    for (const link of document.querySelectorAll("[hreflang]")) link.search = location.search;
  });

  /* Rows of links that scroll sideways show where one is. */
  for (const here of document.querySelectorAll(":is(.me-nav, .aisles, .narrow) [aria-current]")) {
    const strip = here.closest("ul");
    if (strip) strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
  }

  /* Gallery: the thumbnail scrolls the strip instead of jumping the page; scrolling marks the thumbnail. */
  on("click", ".thumbs a", (event, link) => {
    const slide = $(link.hash);
    if (!slide) return;
    event.preventDefault();
    slide.parentElement.scrollTo({ left: slide.offsetLeft - slide.parentElement.offsetLeft, behavior: "smooth" });
  });
  document.addEventListener("scroll", (event) => {
    const strip = event.target;
    if (!(strip instanceof Element) || !strip.matches("[data-slides]")) return;
    const at = Math.round(strip.scrollLeft / strip.clientWidth);
    strip.closest(".gallery").querySelectorAll(".thumbs a").forEach((link, i) => {
      if (i === at) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }, { capture: true, passive: true });

  /* Filters on the phone: a dialog that Escape and the close button shut, with the focus kept inside. */
  let opener = null;
  const drawer = () => $("#filters");
  const open = (box) => {
    box.classList.add("open");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
  };
  const shut = () => {
    const box = drawer();
    if (!box || !box.classList.contains("open")) return;
    box.classList.remove("open");
    box.removeAttribute("role");
    box.removeAttribute("aria-modal");
    const back = opener && document.contains(opener) ? opener : $("[data-drawer]");
    if (back) back.focus();
  };
  on("click", "[data-drawer]", (event, link) => {
    event.preventDefault();
    opener = link;
    open(drawer());
    $(".facets-head a", drawer()).focus();
  });
  on("click", "#filters .facets-head a, #filters.open .apply", (event) => {
    if (drawer().classList.contains("open")) {
      event.preventDefault();
      shut();
    }
  });
  document.addEventListener("keydown", (event) => {
    const box = drawer();
    const menu = $(".menu[open]");
    if (event.key === "Escape") {
      shut();
      if (menu) {
        menu.open = false;
        $("summary", menu).focus();
      }
    }
    if (event.key !== "Tab" || !box || !box.classList.contains("open")) return;
    const stops = [...box.querySelectorAll("a[href],button,input,select,summary")].filter((el) => el.offsetParent);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement === edge) {
      event.preventDefault();
      (event.shiftKey ? stops.at(-1) : stops[0]).focus();
    }
  });
  document.addEventListener("click", (event) => {
    const menu = $(".menu[open]");
    if (menu && !event.target.closest(".menu-in") && !event.target.closest(".menu > summary")) menu.open = false;
  });
  /* After the list was exchanged the open drawer stays open, with the focus where it was. */
  let stayed = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const box = drawer();
    const at = document.activeElement;
    stayed = box && box.classList.contains("open") && event.detail.target.id === "list"
      ? (at && at.name ? `[name="${at.name}"][value="${CSS.escape(at.value)}"]` : "a")
      : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!stayed) return;
    open(drawer());
    const back = $(stayed, drawer());
    if (back) back.focus();
    stayed = null;
  });

  /* Search suggestions: a combobox over what the server proposes. */
  const find = $("#find");
  const guess = $("#guess");
  if (find && guess) {
    let at = -1, timer, asked = 0;
    const links = () => [...guess.querySelectorAll("a")];
    const close = () => {
      guess.replaceChildren();
      at = -1;
      find.setAttribute("aria-expanded", "false");
      find.removeAttribute("aria-activedescendant");
    };
    find.setAttribute("role", "combobox");
    find.setAttribute("aria-autocomplete", "list");
    find.setAttribute("aria-controls", "guess");
    find.setAttribute("aria-expanded", "false");
    guess.setAttribute("role", "listbox");
    guess.setAttribute("aria-label", guess.dataset.label);
    const mark = (to) => {
      clearTimeout(timer);
      asked++; // a late answer must not take away what is being chosen
      const all = links();
      at = (to + all.length + 1) % (all.length + 1);
      all.forEach((link, i) => link.setAttribute("aria-selected", String(i === at)));
      if (all[at]) find.setAttribute("aria-activedescendant", all[at].id);
      else find.removeAttribute("aria-activedescendant");
    };
    find.addEventListener("input", () => {
      clearTimeout(timer);
      const words = find.value.trim();
      if (!words) return close();
      timer = setTimeout(async () => {
        const mine = ++asked;
        try {
          const answer = await fetch(`${find.dataset.guess}?q=${encodeURIComponent(words)}`);
          if (!answer.ok || mine !== asked) return;
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          guess.replaceChildren(...page.body.querySelectorAll("a"));
          links().forEach((link, i) => {
            link.id = `guess-${i}`;
            link.setAttribute("role", "option");
            link.setAttribute("aria-selected", "false");
            link.tabIndex = -1;
          });
          at = links().length;
          find.setAttribute("aria-expanded", String(links().length > 0));
        } catch { close(); }
      }, 130);
    });
    find.addEventListener("keydown", (event) => {
      const all = links();
      if (event.key === "Escape") close();
      if (!all.length) return;
      if (event.key === "ArrowDown") { event.preventDefault(); mark(at + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
      if (event.key === "Enter" && all[at]) { event.preventDefault(); location.assign(all[at].href); }
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".find")) close();
    });
  }
})();
