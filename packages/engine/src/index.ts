/** Placeholder: the owner of this package replaces it. */
export const packageName: string = '@shale/engine';
