/**
 * The landing page's only script: the example names the server that the page came from.
 */
for (const place of document.querySelectorAll(".origin")) place.textContent = location.origin;
