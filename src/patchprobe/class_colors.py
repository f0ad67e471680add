"""Colours of classes, the same in strokes, overlays, tables and plots."""

# Okabe and Ito's colours, told apart with any of the common colour deficiencies, ordered so that the
# first two (blue, orange) differ most; two greys complete the nine that the number keys reach.
PALETTE = (
    "#56b4e9",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#f0e442",
    "#d55e00",
    "#0072b2",
    "#eeeeee",
    "#8c8c8c",
)
