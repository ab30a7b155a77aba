package plumbline.engine.template;

/// Every bound of the renderer (spec/template.md, "Limits"). All of them are counts, never times,
/// so that two machines refuse the same templates.
final class Limits {
  static final int SOURCE_CHARS_MAX = 1 << 20;
  static final int NAME_CHARS_MAX = 250;
  static final int TOKENS_MAX = 200_000;
  static final int PARAMETERS_MAX = 250;
  static final int NESTING_MAX = 150;
  static final int TREE_DEPTH_MAX = 150;
  static final int EVALUATION_DEPTH_MAX = 200;
  static final int VALUE_DEPTH_MAX = 100;
  static final int OUTPUT_CHARS_MAX = 8 << 20;
  static final int RANGE_ITEMS_MAX = 100_000;
  static final int INTEGER_BITS_MAX = 1024;
  static final int ITEMS_MAX = 1_000_000;

  /// Work is counted in characters touched; a step of evaluation counts as much as 16 of them.
  static final int STEP_WORK = 16;
  static final int HOP_WORK = 4;
  static final int ITEM_WORK = 128;
  static final long WORK_MAX = 10_000_000L * STEP_WORK;

  private Limits() {}
}
