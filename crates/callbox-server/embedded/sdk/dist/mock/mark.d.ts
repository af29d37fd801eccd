export declare function showMark(): void;
