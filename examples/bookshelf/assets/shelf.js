$(function () {
  $("#search").on("input", function () {
    const wanted = this.value.toLowerCase();
    $(".book").each(function () {
      $(this).toggle($(this).text().toLowerCase().includes(wanted));
    });
  });
});
