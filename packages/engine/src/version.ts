/** The version of this package, which all of Shale's packages share. */
export const VERSION = '0.1.0';
