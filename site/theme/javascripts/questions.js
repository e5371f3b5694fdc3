"use strict";
// The search takes every word for the beginning of one that is looked for, so the "I" of "how do I …" would find each
// page with "in" or "is". A question is passed on without such words, unless it has no others.
(() => {
  const QUERY = 2;
  const IDLE = new Set(
    ("a about all also am an happen happens and any are as at be been but by can could did do does doing for from get had has have how i if in into is it " +
      "its just me mean means mine my myself no not now of on or our ours own shall should so than that the their them then " +
      "there these they this to us use used was we were what when where which while who whom whose why will with would you your")
      .split(" "));
  const Worker = window.Worker;
  window.Worker = class extends Worker {
    postMessage(message, ...others) {
      if (message && message.type === QUERY && typeof message.data === "string") {
        const words = message.data.split(/\s+/).map(word => word.replace(/[?!,;:]+$/, ""));
        const told = words.filter(word => word && !IDLE.has(word.toLowerCase()));
        message = { ...message, data: (told.length ? told : words).join(" ") };
      }
      super.postMessage(message, ...others);
    }
  };
})();
