/** What an entry of the package lets its users call, by its TypeScript declarations. */

import ts from 'typescript';

export interface PublicCall {
  /** As pages write it: `alloc`, `new Stream`, `buffer.write`, `buffer[Symbol.dispose]`. */
  readonly name: string;
  readonly kind: 'function' | 'constructor' | 'method' | 'accessor' | 'property';
}

/** What pages call an instance: the last word of the class's name, e.g. `buffer` of `DeviceBuffer`. */
export const instanceOf = (className: string): string =>
  (/[A-Z][a-z]*$/.exec(className)?.[0] ?? className).toLowerCase();

/** All that is exported from the file and is no mere type, with the members of classes. */
export function publicCalls(entry: string): PublicCall[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd());
  const program = ts.createProgram([entry], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} exports nothing`);

  return checker.getExportsOfModule(module).flatMap((exported) => {
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
    const declaration = symbol.valueDeclaration;
    if (declaration === undefined) return [];
    if (ts.isClassDeclaration(declaration)) return classCalls(exported.name, declaration);
    if (checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0) {
      return [{ name: exported.name, kind: 'function' as const }];
    }
    throw new Error(`${exported.name} is neither a function nor a class: what should a page say?`);
  });
}

function classCalls(className: string, declaration: ts.ClassDeclaration): PublicCall[] {
  const calls: PublicCall[] = [];
  if (!declaration.members.some(ts.isConstructorDeclaration)) {
    calls.push({ name: `new ${className}`, kind: 'constructor' });
  }
  for (const member of declaration.members) {
    const kind = kindOf(member);
    if (kind === undefined || isHidden(member)) continue;
    const text = member.name?.getText() ?? '';
    const isStatic = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0;
    const owner = isStatic ? className : instanceOf(className);
    const path = text.startsWith('[') ? `${owner}${text}` : `${owner}.${text}`;
    calls.push({ name: kind === 'constructor' ? `new ${className}` : path, kind });
  }
  // Overloads are one call.
  return calls.filter(({ name }, i) => calls.findIndex((other) => other.name === name) === i);
}

function kindOf(member: ts.ClassElement): PublicCall['kind'] | undefined {
  if (ts.isConstructorDeclaration(member)) return 'constructor';
  if (ts.isMethodDeclaration(member)) return 'method';
  if (ts.isAccessor(member)) return 'accessor';
  return ts.isPropertyDeclaration(member) ? 'property' : undefined;
}

/** Private, or `@internal`, which the published declarations do not have. */
function isHidden(member: ts.ClassElement): boolean {
  const flags = ts.getCombinedModifierFlags(member);
  if ((flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0) return true;
  if (member.name !== undefined && ts.isPrivateIdentifier(member.name)) return true;
  return ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'internal');
}
