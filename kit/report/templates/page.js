// Filters the held-out pictures by score and class and sorts them, most mistakes first. Without it the page shows the
// threshold it was made with.
"use strict";
const gallery = document.getElementById("held-out");
if (gallery) {
  const threshold = document.getElementById("threshold");
  const chosen = document.getElementById("class");
  const only = document.getElementById("mistakes");
  const from = document.getElementById("from");
  const asMade = from.textContent;
  const tally = document.getElementById("tally");
  const told = (template, numbers) => template.replace(/\{(\w+)\}/g, (_, name) => numbers[name]);

  const update = () => {
    const lowest = Number(threshold.value);
    const total = { right: 0, wrong: 0, missed: 0, pictures: 0 };
    document.getElementById("threshold-now").value = lowest.toFixed(2);
    const moved = threshold.value !== threshold.defaultValue;
    from.textContent = moved ? told(from.dataset.template, { threshold: lowest.toFixed(2) }) : asMade;
    for (const pair of gallery.children) {
      const count = { right: 0, wrong: 0, missed: 0 };
      const seen = [];
      let holds = chosen.value === "";
      for (const box of pair.querySelectorAll(".box")) {
        const ofClass = chosen.value === "" || box.dataset.class === chosen.value;
        const scored = Number(box.dataset.score ?? -1) >= lowest;
        if (box.closest(".found")) {
          box.toggleAttribute("hidden", !(ofClass && scored));
          if (!ofClass || !scored) continue;
          count[box.classList.contains("wrong") ? "wrong" : "right"] += 1;
          seen.push(box.querySelector("text").textContent);
        } else {
          box.toggleAttribute("hidden", !ofClass);
          box.classList.toggle("missed", !scored);
          if (!ofClass) continue;
          if (!scored) count.missed += 1;
        }
        holds = true;
      }
      const mistakes = count.wrong + count.missed;
      pair.dataset.mistakes = mistakes;
      pair.hidden = !holds || (only.checked && !mistakes);
      pair.querySelector(".verdict").textContent = told(gallery.dataset.verdict, count);
      pair.querySelector(".found").setAttribute("aria-label", `${gallery.dataset.found}: ${seen.join(", ") || "–"}`);
      if (pair.hidden) continue;
      total.pictures += 1;
      for (const name of Object.keys(count)) total[name] += count[name];
    }
    tally.textContent = told(tally.dataset.template, total);
  };
  const sort = () => {
    update();
    const pairs = [...gallery.children];
    pairs.sort((a, b) => b.dataset.mistakes - a.dataset.mistakes || a.dataset.name.localeCompare(b.dataset.name));
    gallery.append(...pairs);
  };
  threshold.addEventListener("input", update);
  for (const control of [threshold, chosen, only]) control.addEventListener("change", sort);
  document.getElementById("reset").addEventListener("click", () => {
    threshold.value = threshold.defaultValue;
    chosen.value = "";
    only.checked = false;
    sort();
  });
  document.getElementById("controls").hidden = false;
  sort();
}
