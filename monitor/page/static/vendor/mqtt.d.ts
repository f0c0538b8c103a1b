declare const mqtt: { connect: (url: string, options: Record<string, unknown>) => any };
export default mqtt;
