// SPDX-License-Identifier: MIT
// What a report can do beyond being read: theme, sorting, filters, the samples of one cell.
(function () {
    "use strict";
    var root = document.documentElement;
    root.classList.add("js");
    var data = JSON.parse(document.getElementById("data").textContent);
    var body = document.querySelector("#cells tbody");
    var rows = body ? Array.prototype.slice.call(body.rows) : [];

    document.getElementById("theme").addEventListener("click", function () {
        var dark = root.dataset.theme ? root.dataset.theme === "dark"
                                      : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
    });

    function value(row, column) {
        var cell = row.cells[column];
        return cell.dataset.v === undefined ? cell.textContent : parseFloat(cell.dataset.v);
    }
    function compare(a, b) {
        if (typeof a === "number" && typeof b === "number") {
            if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
            return a - b;
        }
        return String(a).localeCompare(String(b));
    }
    document.querySelectorAll("#cells th[data-sort]").forEach(function (head) {
        head.tabIndex = 0;
        function sort() {
            var up = head.getAttribute("aria-sort") !== "ascending";
            document.querySelectorAll("#cells th").forEach(function (th) { th.removeAttribute("aria-sort"); });
            head.setAttribute("aria-sort", up ? "ascending" : "descending");
            rows.map(function (row, i) { return [value(row, head.cellIndex), i, row]; })
                .sort(function (a, b) {
                    var order = compare(a[0], b[0]);
                    var missing = typeof a[0] === "number" && (isNaN(a[0]) || isNaN(b[0]));
                    return (up || missing ? order : -order) || a[1] - b[1];
                })
                .forEach(function (entry) { body.appendChild(entry[2]); });
        }
        head.addEventListener("click", sort);
        head.addEventListener("keydown", function (e) { if (e.key === "Enter") sort(); });
    });

    var words = document.getElementById("words"), op = document.getElementById("op"),
        level = document.getElementById("level"), status = document.getElementById("status"),
        shown = document.getElementById("shown");
    function fill(select, column) {
        var seen = {};
        rows.forEach(function (row) { seen[row.cells[column].textContent] = 1; });
        Object.keys(seen).sort().forEach(function (word) { select.add(new Option(word, word)); });
        select.addEventListener("change", filter);
    }
    function filter() {
        var wanted = words.value.toLowerCase().split(/\s+/), count = 0;
        rows.forEach(function (row) {
            var text = row.textContent.toLowerCase();
            var ok = (!op.value || row.cells[0].textContent === op.value) &&
                     (!level.value || row.cells[2].textContent === level.value) &&
                     (!status.value || row.cells[4].textContent === status.value) &&
                     wanted.every(function (word) { return text.indexOf(word) >= 0; });
            row.hidden = !ok;
            count += ok;
        });
        shown.textContent = count + " of " + rows.length + " cells";
    }
    if (body) {
        fill(op, 0); fill(level, 2); fill(status, 4);
        words.addEventListener("input", filter);
        filter();
    }

    // The samples of a cell: in order of time, and how many lie where.
    function svg(inner, label) {
        return '<svg viewBox="0 0 460 150" role="img" aria-label="' + label + '">' + inner + "</svg>";
    }
    function strip(samples, lo, hi) {
        var y = function (s) { return 135 - 120 * (s - lo) / (hi - lo || 1); };
        return svg(samples.map(function (s, i) {
            return '<circle r="3" fill="var(--s0)" cx="' + (15 + 430 * (i + 0.5) / samples.length).toFixed(1) +
                   '" cy="' + y(s).toFixed(1) + '"/>';
        }).join("") + '<path class="a" d="M15 140H445"/>', "samples in order of measurement");
    }
    function density(samples, lo, hi) {
        // A kernel density: a bell for each sample, as wide as Silverman's rule has it for so few.
        var span = hi - lo || 1, n = samples.length, mean = samples.reduce(function (a, s) { return a + s; }, 0) / n;
        var sd = Math.sqrt(samples.reduce(function (a, s) { return a + (s - mean) * (s - mean); }, 0) / n);
        var width = Math.max(0.9 * sd * Math.pow(n, -0.2), span / 60), points = [];
        for (var i = 0; i <= 86; ++i) {
            var at = lo + span * (i - 3) / 80;
            points.push(samples.reduce(function (a, s) { var z = (at - s) / width; return a + Math.exp(-0.5 * z * z); }, 0));
        }
        var most = Math.max.apply(null, points);
        return svg('<path style="fill:var(--s0);opacity:.35" d="M15 140' + points.map(function (v, i) {
            return "L" + (15 + 430 * i / 86).toFixed(1) + " " + (140 - 125 * v / most).toFixed(1);
        }).join("") + 'L445 140z"/>' + samples.map(function (s) {
            return '<path class="l s0" d="M' + (15 + 430 * (3 + 80 * (s - lo) / span) / 86).toFixed(1) + ' 140v-8"/>';
        }).join("") + '<path class="a" d="M15 140H445"/>', "density of the samples");
    }
    var detail = document.getElementById("detail"), picked = null;
    rows.forEach(function (row) {
        row.addEventListener("click", function () {
            var at = data.columns.indexOf("samples_us");
            var samples = (data.rows[row.dataset.i] || [])[at] || [];
            if (picked) picked.classList.remove("pick");
            picked = row;
            row.classList.add("pick");
            if (!samples.length) { detail.textContent = "This cell has no samples."; return; }
            var lo = Math.min.apply(null, samples), hi = Math.max.apply(null, samples);
            detail.innerHTML = '<div class="grid"><figure><h3></h3>' + strip(samples, lo, hi) +
                "<figcaption>Samples in order of measurement, " + lo + " to " + hi + " us a launch</figcaption></figure>" +
                "<figure><h3>Density</h3>" + density(samples, lo, hi) +
                "<figcaption>Where the samples lie, a stroke each, from " + lo + " to " + hi + " us</figcaption></figure></div>";
            detail.querySelector("h3").textContent =
                [0, 1, 2, 3].map(function (i) { return row.cells[i].textContent; }).join(" ");
        });
    });
})();
