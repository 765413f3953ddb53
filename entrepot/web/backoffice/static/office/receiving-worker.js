/* The page of a receipt without a line: what was shown last, with its scripts and styles. With a line it is always the
   shop that answers; who is not let in any more leaves nothing here. Scans are not kept here but by the page itself. */
"use strict";
const name = "receiving";
const pagesMost = 5;
const isPage = (request) => request.mode === "navigate" && /\/receipts\/[0-9a-f-]{36}\/$/.test(new URL(request.url).pathname);
const isPart = (request) => ["script", "style", "font", "image"].includes(request.destination);

const keep = async (cache, request, answer) => {
  if (answer.ok) await cache.put(request.url, answer);
  else if (isPage(request)) await cache.delete(request.url); // sent to the log-in, or there is none
  const pages = (await cache.keys()).filter((one) => /\/receipts\//.test(one.url));
  for (const old of pages.slice(0, Math.max(pages.length - pagesMost, 0))) await cache.delete(old);
};

const answer = async (request) => {
  const cache = await caches.open(name);
  const kept = () => cache.match(request.url, { ignoreVary: true });
  try {
    const fresh = await fetch(request);
    if (fresh.status >= 500) return (await kept()) ?? fresh;
    await keep(cache, request, fresh.clone());
    return fresh;
  } catch {
    return (await kept()) ?? Response.error();
  }
};

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(location.origin)) return;
  if (isPage(request) || isPart(request)) event.respondWith(answer(request));
});
