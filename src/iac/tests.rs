//! Whole units, from facts to texts.
