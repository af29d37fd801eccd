for(let o of document.querySelectorAll(".origin"))o.textContent=location.origin;
