// Packages that bring no types.
declare module "express";
declare module "express-session";
declare module "koa";
declare module "passport";
