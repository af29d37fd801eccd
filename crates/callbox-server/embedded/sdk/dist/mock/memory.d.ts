export declare class Memory<Value> {
    #private;
    get(key: string): Value | undefined;
    set(key: string, value: Value): void;
}
